using System.Reflection;

namespace ForkFollow.Service.Tests;

/// <summary>Where the build has put things.</summary>
internal static class Places
{
    internal static string Repository { get; } = Path.GetFullPath(Find("Repository"));

    internal static string Sample { get; } = Path.GetFullPath(Find("Sample"));

    private static string Find(string key) => typeof(Places).Assembly
        .GetCustomAttributes<AssemblyMetadataAttribute>().Single(attribute => attribute.Key == key).Value!;
}
