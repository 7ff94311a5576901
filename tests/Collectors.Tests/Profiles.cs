using ForkFollow.Collectors.Capture;
using ForkFollow.Follower;
using ForkFollow.Results;

namespace ForkFollow.Collectors.Tests;

/// <summary>Runs a command to its end under a profile session, and gives what was recorded.</summary>
internal static class Profiles
{
    internal static Task<RecordedRun> RecordAsync(ProfileOptions options, params string[] command) =>
        RecordAsync(options, collectors => FollowSession.LaunchAsync(new() { Command = command }, collectors), () => { }, command);

    internal static async Task<RecordedRun> RecordAsync(
        ProfileOptions options, Func<CollectorHost, Task<FollowSession>> start, params string[] command) =>
        await RecordAsync(options, start, () => { }, command);

    /// <param name="options">What is collected.</param>
    /// <param name="start">Starts the command.</param>
    /// <param name="ended">Is called when all processes have ended, before the profile session is.</param>
    /// <param name="command">The command.</param>
    internal static async Task<RecordedRun> RecordAsync(
        ProfileOptions options, Func<CollectorHost, Task<FollowSession>> start, Action ended, params string[] command)
    {
        string folder = Directory.CreateTempSubdirectory("forkfollow-test-").FullName;
        using ResultDirectory directory = ResultDirectory.Open(folder);
        try
        {
            var notes = new List<LedgerEntry>();
            var results = new RunResults(command);
            using (ProfileSession? session = ProfileSession.Open(options, results, directory, notes.Add, out string? refusal))
            {
                if (session is null)
                    Refused(options, refusal);
                using (var host = new CollectorHost(results, [new RusageCollector(), session!.Collector]))
                {
                    // Whatever happens, what was launched ends with the session, and who was attached to is let go.
                    await using FollowSession follow = await start(host);
                    await Wait.For(follow.Completion, "the end of the session");
                }

                ended();
                session.End();
            }

            notes.ForEach(results.Figures.Ledger.Enqueue);
            return results.Record() with { Profile = RecordingReader.Read(directory, Assert.Fail) };
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    /// <summary>Skips the test if the machine cannot do what was asked for, and fails it if only the product says so.</summary>
    private static void Refused(ProfileOptions options, string? refusal)
    {
        Machine.Need(
            options.Cpu ? Machine.UserEvents : null,
            options.OffCpu ? Machine.KernelEvents : null,
            options.Syscalls || options.Tracepoints.Count > 0 ? Machine.Tracepoints : null);
        if (options.Dwarf)
            Chain.NeedLibrary();
        Assert.Fail(refusal);
    }

    /// <summary>The threads of a process, as numbers in the profile.</summary>
    internal static HashSet<int> ThreadsOf(this RecordedRun run, RecordedProcess process) =>
    [
        .. run.Profile.Threads.Select((thread, i) => (thread, i)).Where(one => one.thread.ProcessId == process.Id)
            .Select(one => one.i),
    ];

    /// <summary>The function that was running, by its part of all samples.</summary>
    internal static Dictionary<string, double> Shares(this Profile profile) => profile.Samples
        .GroupBy(sample => profile.Frames[profile.Stacks.Frames[sample.Stack]].Function)
        .ToDictionary(group => group.Key, group => (double)group.Count() / profile.Samples.Count);
}
