namespace ForkFollow.Bench;

/// <summary>A way to run a workload: without a tracer, or under one.</summary>
/// <param name="Name">As in the tables and in --contenders.</param>
/// <param name="Wrap">
/// Puts the workload's command under the tracer; the path is for the tracer's results and does not exist yet.
/// </param>
internal sealed record Contender(string Name, Func<Command, string, Command> Wrap)
{
    public const string None = "none";
    public const string Bare = "bare";
    public const string StraceSeccomp = "strace-seccomp";
    public const string StracePlain = "strace-plain";
    public const string Follow = "follow";
    public const string Counters = "counters";
    public const string Profile = "profile";

    public static readonly string[] Names = [None, Bare, StraceSeccomp, StracePlain, Follow, Counters, Profile];

    public static bool IsForkFollow(string name) => name is Follow or Counters or Profile;

    /// <summary>Those that were asked for and can run here, in the order of <see cref="Names"/>.</summary>
    public static IReadOnlyList<Contender> Select(
        IReadOnlyList<string> names, NativePrograms programs, ForkFollowProgram? forkFollow, Action<string> say)
    {
        var strace = Machine.Find("strace");
        var chosen = new List<Contender>();
        foreach (var name in names)
        {
            if (strace is null && name is StraceSeccomp or StracePlain)
            {
                say($"{name} is skipped: strace is not installed");
                continue;
            }

            chosen.Add(new(name, name switch
            {
                None => (workload, _) => workload,
                Bare => (workload, _) => Under(programs.BareLoop, [], workload),
                // Stops at execve alone: what strace is when it is asked to follow and to say little.
                StraceSeccomp => (workload, _) => Under(
                    strace!,
                    ["-f", "--seccomp-bpf", "-qq", "-e", "trace=execve", "-e", "signal=none", "-o", "/dev/null"],
                    workload),
                StracePlain => (workload, _) => Under(strace!, ["-f", "-qq", "-o", "/dev/null"], workload),
                Follow => (workload, results) => forkFollow!.Command(workload, results, "none"),
                Counters => (workload, results) => forkFollow!.Command(workload, results, "counters"),
                Profile => (workload, results) => forkFollow!.Command(workload, results, "counters,cpu"),
                _ => throw new BenchException($"unknown contender '{name}'"),
            }));
        }

        return chosen.Count > 0 ? chosen : throw new BenchException("no contender is left to run");
    }

    /// <summary>Runs a workload to its end and gives its standard output.</summary>
    public async Task<string> RunAsync(Command workload, Scratch scratch, CancellationToken token)
    {
        var results = scratch.NewPath();
        try
        {
            return await Subprocess.RunAsync(Wrap(workload, results), token);
        }
        catch (BenchException e)
        {
            throw new BenchException($"{Name}: {e.Message}");
        }
        finally
        {
            Scratch.Remove(results);
        }
    }

    private static Command Under(string tracer, string[] arguments, Command workload) =>
        new(tracer, [.. arguments, workload.File, .. workload.Arguments]);
}
