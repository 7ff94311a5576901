using System.Diagnostics;
using ForkFollow.Follower;
using Microsoft.Extensions.Logging;

namespace ForkFollow.Service;

/// <summary>
/// Processes that could not be followed. Why is told once. They are asked again when something about them has changed (program,
/// user, tracer), and now and then, since not all that may change can be seen (a sysctl, a debugger's lock). Any thread.
/// </summary>
internal sealed class Refusals(TargetFinder finder, ILogger logger)
{
    private static readonly TimeSpan _askAgain = TimeSpan.FromMinutes(1);

    private readonly Dictionary<ProcessIdentity, Refusal> _refusals = [];

    /// <summary>Notes that these could not be followed, and tells those reasons that were not told of them before.</summary>
    internal void Add(IReadOnlyList<ProcessIdentity> processes, IReadOnlyList<string> lines)
    {
        string text = string.Join('\n', lines);
        lock (_refusals)
        {
            bool told = processes.All(one => _refusals.TryGetValue(one, out Refusal? before) && before.Text == text);
            foreach (ProcessIdentity one in processes)
                _refusals[one] = new(text, finder.StateOf(one), Stopwatch.GetTimestamp());
            if (told)
                return;
        }

        foreach (string line in lines)
            logger.LogWarning("{Line}", line);
    }

    /// <summary>Whether a process has refused, and nothing has changed since.</summary>
    internal bool IsToWait(ProcessIdentity process)
    {
        lock (_refusals)
        {
            return _refusals.TryGetValue(process, out Refusal? refusal)
                && Stopwatch.GetElapsedTime(refusal.Timestamp) < _askAgain
                && refusal.State == finder.StateOf(process);
        }
    }

    /// <summary>Drops those that have ended.</summary>
    internal void ForgetTheDead()
    {
        lock (_refusals)
        {
            foreach (ProcessIdentity one in _refusals.Keys.Where(one => !finder.IsThere(one)).ToArray())
                _refusals.Remove(one);
        }
    }

    private sealed record Refusal(string Text, string State, long Timestamp);
}
