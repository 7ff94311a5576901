using System.Globalization;
using ForkFollow.Follower;
using ForkFollow.Results;

namespace ForkFollow.Host;

/// <summary>The sums over a whole run, and the first line of the report.</summary>
internal sealed class TreeReportTotals
{
    private int _processes;
    private long _threads;
    private long _userNs;
    private long _systemNs;
    private int _nonZero;
    private int _killed;
    private int _detached;
    private int _lost;
    private int _alive;

    /// <summary>How long the tree was followed, nanoseconds.</summary>
    internal long WallNs { get; init; }

    /// <summary>How long the run took us, what is before and after the tree included, nanoseconds; 0 if that is not known.</summary>
    internal long OwnWallNs { get; init; }

    /// <summary>Programs executed.</summary>
    internal long Execs { get; init; }

    /// <summary>Counts one process.</summary>
    internal void Add(ProcessEnd end, ProcessExit? exit, int threads, RecordedUsage? usage)
    {
        _processes++;
        _threads += threads;
        _userNs += usage?.UserNs ?? 0;
        _systemNs += usage?.SystemNs ?? 0;
        switch (end)
        {
            case ProcessEnd.Alive:
                _alive++;
                break;
            case ProcessEnd.Detached:
                _detached++;
                break;
            case ProcessEnd.Lost:
                _lost++;
                break;
            default:
                _killed += exit is { Signal: not 0 } ? 1 : 0;
                _nonZero += exit is { Signal: 0, Code: not 0 } ? 1 : 0;
                break;
        }
    }

    /// <summary>The line, without a line end.</summary>
    internal string ToLine()
    {
        string cpu = Units.Duration(_userNs + _systemNs);
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{Number(_processes, "process", "processes")}, {Number(_threads, "thread", "threads")}, "
            + $"{Number(Execs, "exec", "execs")}; wall {Units.Duration(WallNs)}{OwnWall()}; CPU {cpu} (user {Units.Duration(_userNs)}, "
            + $"system {Units.Duration(_systemNs)}); {Ends()}");
    }

    private string OwnWall() => OwnWallNs == 0 ? "" : $" (forkfollow {Units.Duration(OwnWallNs)})";

    private static string Number(long count, string one, string several) =>
        Units.Exact(count) + " " + (count == 1 ? one : several);

    private string Ends()
    {
        var parts = new List<string>();
        AddPart(_nonZero, "exited non-zero");
        AddPart(_killed, "killed");
        AddPart(_lost, "lost");
        AddPart(_detached, "let go alive");
        AddPart(_alive, "still alive");
        return parts.Count == 0 ? "all exited 0" : string.Join(", ", parts);

        void AddPart(int count, string what)
        {
            if (count > 0)
                parts.Add(Units.Exact(count) + " " + what);
        }
    }
}
