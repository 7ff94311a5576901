using System.Text;

namespace ForkFollow.Service.Tests;

/// <summary>A folder that looks like /proc and one that looks like /sys/fs/cgroup, as far as targets are found by them.</summary>
internal sealed class FakeFolders : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("forkfollow-test-").FullName;

    internal FakeFolders()
    {
        Directory.CreateDirectory(Proc);
        Directory.CreateDirectory(Cgroups);
        Finder = new(new ProcFolder(Proc), new CgroupFolder(Cgroups));
    }

    internal string Proc => Path.Combine(_folder, "proc");

    internal string Cgroups => Path.Combine(_folder, "cgroup");

    internal TargetFinder Finder { get; }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    /// <summary>A process; one of the same pid before it is gone.</summary>
    internal void Add(int pid, string executable, string arguments = "", int parent = 1, long start = 0, char state = 'S', int tracer = 0, int uid = 0)
    {
        string folder = Path.Combine(Proc, $"{pid}");
        if (Directory.Exists(folder))
            Directory.Delete(folder, recursive: true);
        Directory.CreateDirectory(folder);
        string comm = Path.GetFileName(executable);

        // A name may hold anything, blanks and parentheses too.
        string rest = string.Join(' ', Enumerable.Repeat("0", 17));
        File.WriteAllText(Path.Combine(folder, "stat"), $"{pid} (a) b ({comm}) {state} {parent} {rest} {(start == 0 ? pid : start)} 0 0\n");
        File.WriteAllText(Path.Combine(folder, "status"), $"Name:\t{comm}\nTracerPid:\t{tracer}\nUid:\t{uid}\t{uid}\t{uid}\t{uid}\n");
        File.WriteAllText(Path.Combine(folder, "comm"), comm + "\n");
        File.WriteAllText(Path.Combine(folder, "cmdline"), arguments.Length == 0 ? "" : arguments.Replace(' ', '\0') + "\0");
        if (executable.Length > 0)
            File.CreateSymbolicLink(Path.Combine(folder, "exe"), executable);
    }

    internal void Remove(int pid) => Directory.Delete(Path.Combine(Proc, $"{pid}"), recursive: true);

    /// <summary>A group with these processes, and those above it with none.</summary>
    internal void AddGroup(string path, params int[] pids)
    {
        string folder = Path.Combine(Cgroups, path);
        Directory.CreateDirectory(folder);
        File.WriteAllText(Path.Combine(folder, "cgroup.procs"), string.Concat(pids.Select(pid => $"{pid}\n")));
    }

    internal string Write(string name, string text)
    {
        string path = Path.Combine(_folder, name);
        File.WriteAllText(path, text, Encoding.UTF8);
        return path;
    }

    internal int[] Find(FollowTarget target, bool descendants = true) =>
        [.. Finder.Find(target, new(() => [.. new ProcFolder(Proc).List()]), descendants).Select(one => one.Pid)];
}
