using System.IO.Enumeration;
using ForkFollow.Follower;

namespace ForkFollow.Service;

/// <summary>Finds the processes that a target means, as they are now. Any thread, one at a time.</summary>
internal sealed class TargetFinder(ProcFolder proc, CgroupFolder cgroups)
{
    /// <summary>
    /// The processes of a target that nobody of us follows. If descendants are followed with them, only those that do not
    /// descend from another one found.
    /// </summary>
    /// <param name="target">What is meant.</param>
    /// <param name="all">All processes that there are, listed once for all targets of a scan.</param>
    /// <param name="descendants">Whether descendants are followed too.</param>
    /// <param name="hanging">Takes those that cannot be compared with the target, since they hang in the kernel.</param>
    internal List<ProcessIdentity> Find(FollowTarget target, Lazy<IReadOnlyList<int>> all, bool descendants, List<ProcessIdentity>? hanging = null)
    {
        var found = new Dictionary<int, ProcessIdentity>();
        bool named = target.Pid is not null || target.PidFile is not null;
        foreach (int pid in Places(target) ?? all.Value)
        {
            if (pid == Environment.ProcessId || Fits(target, pid) is not { } fits)
                continue;
            if (!proc.TryRead(pid, out ProcessIdentity identity, out _) || IsFollowed(pid) || (!named && IsOfOurs(pid)))
                continue;
            if (fits)
                found[pid] = identity;
            else
                hanging?.Add(identity);
        }

        return [.. found.Values.Where(one => !descendants || !HasAncestorIn(one.Pid, found)).OrderBy(one => one.Start)];
    }

    /// <summary>Whether it is still the same process.</summary>
    internal bool IsThere(ProcessIdentity identity) =>
        proc.TryRead(identity.Pid, out ProcessIdentity now, out _) && now == identity;

    /// <summary>Changes if a process that refused may be asked again: another program, user or tracer.</summary>
    internal string StateOf(ProcessIdentity identity) =>
        $"{proc.Executable(identity.Pid)} {proc.Credentials(identity.Pid)} {proc.Tracer(identity.Pid)}";

    /// <summary>What a run on these processes is called.</summary>
    internal string NameFor(FollowTarget target, ProcessIdentity first) => target.Name ?? proc.Comm(first.Pid);

    private IReadOnlyList<int>? Places(FollowTarget target) => target switch
    {
        { Pid: { } pid } => [pid],
        { PidFile: { } file } => ReadPidFile(file),
        { Cgroup: { } name } => cgroups.Members(name),
        { Unit: { } unit } => cgroups.MembersOfUnit(unit),
        _ => null,
    };

    /// <summary>Whether a process is meant, null if not. False: its arguments would tell, and hang in the kernel.</summary>
    private bool? Fits(FollowTarget target, int pid)
    {
        if (target.Executable is { } pattern)
        {
            // A package that was upgraded while its service runs: the old file has no name any more.
            if (proc.Executable(pid)?.Replace(" (deleted)", "", StringComparison.Ordinal) is not { } path)
                return null;
            string compared = pattern.Contains('/', StringComparison.Ordinal) ? path : Path.GetFileName(path);
            if (!FileSystemName.MatchesSimpleExpression(pattern, compared, ignoreCase: false))
                return null;
        }

        if (target.Arguments is not { } line)
            return true;
        if (proc.Arguments(pid) is not { } arguments)
            return false;
        return arguments.Length > 0 && FileSystemName.MatchesSimpleExpression(line, arguments, ignoreCase: false) ? true : null;
    }

    /// <summary>
    /// Whether we descend from it, or it from us: who has a pattern on his command line (sudo, env, a shell) is not meant by it,
    /// and what we start ourselves is none of our targets.
    /// </summary>
    private bool IsOfOurs(int pid) => IsAncestor(pid, Environment.ProcessId) || IsAncestor(Environment.ProcessId, pid);

    private bool IsAncestor(int above, int pid) => Ancestors(pid).Contains(above);

    /// <summary>By a thread of this very process: in a run that goes on.</summary>
    private bool IsFollowed(int pid) => proc.Tracer(pid) is > 0 and int tracer && proc.IsOurs(tracer);

    private bool HasAncestorIn(int pid, Dictionary<int, ProcessIdentity> found) => Ancestors(pid).Any(found.ContainsKey);

    private IEnumerable<int> Ancestors(int pid)
    {
        // A parent is older than its child, so this comes to an end; the bound is for a /proc that changes meanwhile.
        for (int i = 0; i < 1000 && proc.TryRead(pid, out _, out int parent) && parent > 0; i++)
        {
            yield return parent;
            pid = parent;
        }
    }

    /// <summary>The first number of a file; nobody while there is no file, or no number in it yet.</summary>
    private static IReadOnlyList<int> ReadPidFile(string path)
    {
        try
        {
            // PostgreSQL's has further lines. A daemon writes its file anew: what is being written may be empty.
            string first = File.ReadLines(path).FirstOrDefault() ?? "";
            return ProcFolder.TryParsePid(first.AsSpan().Trim(), out int pid) ? [pid] : [];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }
}
