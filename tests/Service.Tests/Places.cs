namespace ForkFollow.Service.Tests;

/// <summary>Where the build has put things.</summary>
internal static class Places
{
    internal static string Repository { get; } = Path.GetFullPath(Metadata.Of("Repository"));

    internal static string Sample { get; } = Path.GetFullPath(Metadata.Of("Sample"));
}
