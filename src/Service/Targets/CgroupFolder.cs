namespace ForkFollow.Service;

/// <summary>
/// Reads control groups from /sys/fs/cgroup, or from a folder that looks like it. Three layouts: v2 alone (the root is the
/// hierarchy), v1 (a hierarchy per controller, systemd's own beside them) and both (v2 in <c>unified</c>). Any thread.
/// </summary>
internal sealed class CgroupFolder(string root)
{
    /// <summary>Deeper than systemd ever nests slices, and an end for a hostile tree.</summary>
    private const int MostDepth = 16;

    /// <summary>The hierarchies that name units, the better one first.</summary>
    private IEnumerable<string> Hierarchies =>
        File.Exists(Path.Combine(root, "cgroup.controllers"))
            ? [root]
            : [Path.Combine(root, "systemd"), Path.Combine(root, "unified")];

    /// <summary>The processes of a group and of those below it. Empty if there is no such group (yet).</summary>
    /// <param name="name">As /proc/PID/cgroup has it, with or without its first slash; or the full path of the directory.</param>
    internal List<int> Members(string name)
    {
        var pids = new List<int>();
        IEnumerable<string> folders = name.StartsWith(root + "/", StringComparison.Ordinal)
            ? [name]
            : AllHierarchies().Select(hierarchy => Path.Join(hierarchy, name.Trim('/')));
        foreach (string folder in folders)
        {
            AddMembers(folder, pids, 0);
            if (pids.Count > 0)
                break;
        }

        return pids;
    }

    /// <summary>The processes of a unit of systemd. Empty if it has none, or does not run.</summary>
    internal List<int> MembersOfUnit(string unit)
    {
        string name = unit.Contains('.', StringComparison.Ordinal) ? unit : unit + ".service";
        var pids = new List<int>();
        foreach (string hierarchy in Hierarchies)
        {
            foreach (string folder in FindUnits(hierarchy, name, 0))
                AddMembers(folder, pids, 0);
            if (pids.Count > 0)
                break;
        }

        return pids;
    }

    /// <summary>Those that name units first, then a controller's of v1, where a group may be that systemd has not made.</summary>
    private IEnumerable<string> AllHierarchies() => Hierarchies.Concat(Subfolders(root)).Distinct();

    /// <summary>Directories of a unit: below slices, and below the services that manage a user's units.</summary>
    private static IEnumerable<string> FindUnits(string folder, string unit, int depth)
    {
        foreach (string child in Subfolders(folder))
        {
            string name = Path.GetFileName(child);
            if (name == unit)
            {
                yield return child;
            }
            else if (depth < MostDepth && (name.EndsWith(".slice", StringComparison.Ordinal)
                || name.StartsWith("user@", StringComparison.Ordinal)))
            {
                foreach (string found in FindUnits(child, unit, depth + 1))
                    yield return found;
            }
        }
    }

    private static void AddMembers(string folder, List<int> pids, int depth)
    {
        try
        {
            foreach (string line in File.ReadLines(Path.Combine(folder, "cgroup.procs")))
            {
                if (ProcFolder.TryParsePid(line, out int pid) && !pids.Contains(pid))
                    pids.Add(pid);
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // No such group, or a threaded one (EOPNOTSUPP), whose processes are listed above it.
        }

        if (depth >= MostDepth)
            return;
        foreach (string child in Subfolders(folder))
            AddMembers(child, pids, depth + 1);
    }

    private static string[] Subfolders(string folder)
    {
        try
        {
            return Directory.GetDirectories(folder);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }
}
