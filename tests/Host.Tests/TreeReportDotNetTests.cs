using ForkFollow.Results;

namespace ForkFollow.Host.Tests;

/// <summary>The lines on .NET runtimes in the report at the end.</summary>
public class TreeReportDotNetTests
{
    private const long Ms = 1_000_000;

    [Fact]
    public void Runtimes_of_an_executable_are_added_up()
    {
        string[] lines = Render([Process(1, "app", Runtime(3, 20_000_000)), Process(2, "app", Runtime(1, 1000)), Process(3, "sh", null)]);
        int at = Array.IndexOf(lines, ".NET");
        Assert.Equal(
            [
                "RUNTIMES  GCS  PAUSE  LONGEST  ALLOCATED  JITTED  JIT TIME  THROWN",
                "       2    4  14 ms   3.0 ms   19.1 MiB      24    8.0 ms      14  app",
            ],
            lines[(at + 1)..(at + 3)]);
    }

    [Fact]
    public void Without_a_runtime_there_is_nothing() => Assert.DoesNotContain(".NET", Render([Process(1, "sh", null)]));

    [Fact]
    public void Figures_and_names_of_a_hostile_runtime_do_no_harm()
    {
        string[] lines = Render(
            [Process(1, "a\u001b[31m", Runtime(long.MaxValue, long.MaxValue)), Process(2, "a\u001b[31m", Runtime(long.MaxValue, -1))]);
        Assert.Contains(".NET", lines);
        Assert.DoesNotContain(lines, line => line.Contains('\u001b', StringComparison.Ordinal));
    }

    [Fact]
    public void Who_samples_a_runtime_without_its_names_is_told_how_to_have_them()
    {
        var sampled = new Profile
        {
            CpuEvent = "cpu-clock",
            WholeMachine = true,
            Modules = [new("/usr/share/dotnet/libcoreclr.so", "", FrameKind.User)],
        };
        Assert.Contains(Render([Process(1, "app", null)], sampled), line => line.EndsWith("; names of .NET methods need --collect dotnet besides", StringComparison.Ordinal));
        Assert.DoesNotContain(Render([Process(1, "app", Runtime(1, 1))], sampled), line => line.Contains("names of .NET", StringComparison.Ordinal));
    }

    private static string[] Render(RecordedProcess[] processes, Profile? profile = null)
    {
        using var text = new StringWriter();
        TreeReport.Write(
            text,
            new RecordedRun { Version = "1", Started = default, DurationNs = 100 * Ms, Processes = processes, Profile = profile ?? new() },
            width: 150);
        return text.ToString().Split('\n');
    }

    private static RecordedProcess Process(int id, string name, RecordedDotNet? runtime) => new()
    {
        Id = id,
        Pid = id,
        Origin = "launched",
        StartNs = 0,
        EndNs = 50 * Ms,
        Comm = name,
        Execs = [new(0, "/bin/" + name, [name])],
        End = "exited",
        Exit = new(),
        DotNet = runtime,
    };

    private static RecordedDotNet Runtime(long collections, long allocated) => new()
    {
        Gc = new() { Gen0 = collections, PauseNs = 7 * Ms, MaxPauseNs = 3 * Ms, AllocatedBytes = allocated },
        Jit = new() { Methods = 12, Ns = 4 * Ms },
        Exceptions = 7,
    };
}
