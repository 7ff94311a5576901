using System.Reflection;

namespace ForkFollow.Tests;

/// <summary>What the build has told the tests: where things are. AssemblyMetadata of the project, and of what it imports.</summary>
internal static class Metadata
{
    internal static string Of(string key) => typeof(Metadata).Assembly
        .GetCustomAttributes<AssemblyMetadataAttribute>().Single(attribute => attribute.Key == key).Value!;
}
