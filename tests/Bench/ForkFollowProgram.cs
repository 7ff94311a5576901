using System.Runtime.InteropServices;

namespace ForkFollow.Bench;

/// <summary>The built forkfollow, as a user would run it: the native program, or the managed build if that is asked for.</summary>
internal sealed class ForkFollowProgram
{
    private static readonly TimeSpan _buildLimit = TimeSpan.FromMinutes(10);

    private readonly string _path;

    private ForkFollowProgram(string path, bool isManaged)
    {
        _path = path;
        IsManaged = isManaged;
    }

    /// <summary>Whether it runs in a runtime.</summary>
    public bool IsManaged { get; }

    /// <summary>The folder above us that holds the solution; null if the bench runs outside of a checkout.</summary>
    public static string? RepositoryRoot
    {
        get
        {
            var folder = new DirectoryInfo(AppContext.BaseDirectory);
            while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "ForkFollow.sln")))
            {
                folder = folder.Parent;
            }

            return folder?.FullName;
        }
    }

    public static string RequiredRoot =>
        RepositoryRoot
        ?? throw new BenchException("no ForkFollow.sln in any folder above the bench: run it from a checkout");

    public static async Task<ForkFollowProgram> BuildAsync(BenchOptions options, Action<string> say, CancellationToken token)
    {
        if (!options.Managed && Environment.GetEnvironmentVariable("FORKFOLLOW_PROGRAM") is { Length: > 0 } named)
        {
            say($"the program is {named}");
            return File.Exists(named) ? new(named, isManaged: false) : throw new BenchException($"{named}, named by FORKFOLLOW_PROGRAM, does not exist");
        }

        var root = RequiredRoot;
        var verb = options.Managed ? "build" : "publish";
        if (options.Build)
        {
            say($"dotnet {verb} src/Host -c Release: the {(options.Managed ? "managed build" : "native program")}");
            await DotnetAsync(
                _buildLimit, token, verb, Path.Combine(root, "src", "Host"), "-c", "Release", "--nologo", "-v", "quiet");
        }

        var output = Path.Combine("src", "Host", "bin", "Release", "net10.0");
        var machine = "linux-" + RuntimeInformation.OSArchitecture.ToString().ToLowerInvariant();
        var path = options.Managed ? Path.Combine(output, "forkfollow") : Path.Combine(output, machine, "publish", "forkfollow");
        return File.Exists(Path.Combine(root, path))
            ? new(Path.Combine(root, path), options.Managed)
            : throw new BenchException($"{path} does not exist" + (options.Build ? "" : "; leave out --no-build"));
    }

    /// <summary>Runs the .NET SDK, at most for so long.</summary>
    public static async Task DotnetAsync(TimeSpan limit, CancellationToken token, params string[] arguments)
    {
        var dotnet = Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? Machine.Find("dotnet")
            ?? throw new BenchException("`dotnet` is not on PATH; with --no-build an existing build is taken");
        await Subprocess.RunAsync(new(dotnet, arguments), token, limit);
    }

    /// <summary>A workload under forkfollow as it is without options, but silent.</summary>
    public Command Run(Command workload, string results) =>
        new(_path, ["-q", "-o", results, "--", workload.File, .. workload.Arguments]);

    /// <summary>A workload under forkfollow, which says nothing itself; its results go to the given path.</summary>
    public Command Command(Command workload, string results, string collect) =>
        new(_path, ["-q", "--collect", collect, "-o", results, "--", workload.File, .. workload.Arguments]);

    /// <summary>All result files of a run, made anew.</summary>
    public Command Report(string results) => new(_path, "report", results, "--format", "all", "-q");
}
