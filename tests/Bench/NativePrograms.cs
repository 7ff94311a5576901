namespace ForkFollow.Bench;

/// <summary>
/// The C programs, compiled beside the copies of their sources in the bench's output folder. In C, because what is
/// measured are microseconds of the kernel and of the tracer: a managed workload would add threads and noise.
/// </summary>
internal sealed class NativePrograms
{
    private static readonly (string Name, bool Static)[] _all =
        [("storm", false), ("nothing", true), ("bareloop", false), ("stamp", true), ("cost", false), ("crowd", false), ("compute", false)];

    private static string Folder => Path.Combine(AppContext.BaseDirectory, "native");

    public string Storm { get; } = Binary("storm");

    public string BareLoop { get; } = Binary("bareloop");

    public string Stamp { get; } = Binary("stamp");

    public string Cost { get; } = Binary("cost");

    public string Crowd { get; } = Binary("crowd");

    public string Compute { get; } = Binary("compute");

    /// <summary>Compiles what is missing or older than its source.</summary>
    public static async Task<NativePrograms> BuildAsync(CancellationToken token)
    {
        foreach (var (name, isStatic) in _all)
        {
            var source = Path.Combine(Folder, name + ".c");
            var binary = Binary(name);
            if (!File.Exists(binary) || File.GetLastWriteTimeUtc(binary) < File.GetLastWriteTimeUtc(source))
            {
                await CompileAsync(source, binary, isStatic, token);
            }
        }

        return new NativePrograms();
    }

    private static async Task CompileAsync(string source, string binary, bool isStatic, CancellationToken token)
    {
        var cc = Machine.Find("cc")
            ?? throw new BenchException(
                "no C compiler: `cc` is not on PATH; install one (Debian: apt install gcc libc6-dev)");

        // Renamed when it is whole: an interrupted compiler must not leave half a program that looks up to date.
        var unfinished = $"{binary}.{Environment.ProcessId}";
        string[] flags = ["-O2", "-pthread", "-Wall", "-Wextra"];
        await Subprocess.RunAsync(
            new(cc, [.. flags, .. isStatic ? ["-static"] : Array.Empty<string>(), "-o", unfinished, source]), token);
        File.Move(unfinished, binary, overwrite: true);
    }

    private static string Binary(string name) => Path.Combine(Folder, name);
}
