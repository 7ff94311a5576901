namespace ForkFollow.Tests;

/// <summary>
/// The forkfollow that tests run as a user runs it: the managed build beside them, or the one that the environment variable
/// FORKFOLLOW_PROGRAM names, such as the native one of dotnet publish.
/// </summary>
internal static class ProgramUnderTest
{
    private const string Variable = "FORKFOLLOW_PROGRAM";

    /// <summary>Its path.</summary>
    internal static string Location { get; } = Find(Environment.GetEnvironmentVariable(Variable));

    /// <summary>Whether it is native code: the managed one is a small program that starts forkfollow.dll beside it.</summary>
    internal static bool IsNative { get; } = !File.Exists(Location + ".dll");

    /// <summary>A wrong path would make every test fail, each with another reason.</summary>
    private static string Find(string? named)
    {
        if (string.IsNullOrEmpty(named))
            return Path.Combine(AppContext.BaseDirectory, "forkfollow");
        return Path.IsPathFullyQualified(named) && File.Exists(named)
            ? named
            : throw new InvalidOperationException($"{Variable} is '{named}': it takes the full path of a program that is there");
    }
}
