namespace ForkFollow.Bench;

/// <summary>The built forkfollow: its Release output, as a user would run it.</summary>
internal sealed class ForkFollowProgram
{
    private static readonly TimeSpan _buildLimit = TimeSpan.FromMinutes(10);

    private readonly string _path;

    private ForkFollowProgram(string path) => _path = path;

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

    public static async Task<ForkFollowProgram> BuildAsync(bool build, Action<string> say, CancellationToken token)
    {
        var root = RequiredRoot;
        if (build)
        {
            say("building src/Host (Release)");
            await DotnetAsync(
                _buildLimit, token, "build", Path.Combine(root, "src", "Host"), "-c", "Release", "--nologo", "-v", "quiet");
        }

        var path = Path.Combine(root, "src", "Host", "bin", "Release", "net10.0", "forkfollow");
        return File.Exists(path)
            ? new(path)
            : throw new BenchException(
                "src/Host/bin/Release/net10.0/forkfollow does not exist" + (build ? "" : "; leave out --no-build"));
    }

    /// <summary>Another build of it.</summary>
    public static ForkFollowProgram At(string path) => new(path);

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
