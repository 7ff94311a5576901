using System.Runtime.InteropServices;
using System.Text;
using ForkFollow.Native;
using Tmds.Linux;

namespace ForkFollow.Follower;

/// <summary>
/// Starts a command and keeps it from executing its first instruction until it has been seized.
/// <para>Constraints: the tracer thread must seize before the exec; the command must see our environment, terminal,
/// working directory and process group unchanged; no code of ours can run in the child, since .NET cannot fork; and
/// .NET must never wait for it, so Process.Start is out.</para>
/// <para>Scheme: posix_spawn runs its file actions in the child before the exec. One of them opens a FIFO that has no
/// writer, and that blocks until somebody opens it for writing: us, once the child is seized. (A pipe would not do:
/// opening one through /proc never blocks.) posix_spawn itself returns only after the exec, so a helper thread calls it.
/// No shell is needed in between, which would alter the environment (PWD, SHLVL, _).</para>
/// </summary>
internal sealed unsafe partial class LaunchGate : IDisposable
{
    private const uint OwnerOnly = 0x180; // 0600

    private readonly string _path;
    private readonly IReadOnlyList<string> _arguments;
    private readonly IReadOnlyList<string> _variables;
    private readonly IReadOnlyList<string> _overrides;
    private readonly int _fifo;
    private readonly int _fdInChild;

    /// <summary>By what the child is known where the kernel does not tell who a thread's children are; -1 where it does.</summary>
    private readonly int _mark = -1;
    private readonly InheritedSignals _signals;
    private readonly Thread _thread;
    private int _writer = -1;
    private volatile int _helperTid;
    private volatile bool _finished;
    private int _errno;

    /// <summary>Prepares a launch.</summary>
    /// <param name="path">What to execute: a path, not searched.</param>
    /// <param name="arguments">Its arguments, the first being its name.</param>
    /// <param name="variables">What its environment has besides ours, as NAME=value, where ours has none of that name.</param>
    /// <param name="overrides">What its environment has instead of ours, as NAME=value.</param>
    /// <param name="signals">What it ignores and blocks at its start.</param>
    internal LaunchGate(
        string path, IReadOnlyList<string> arguments, IReadOnlyList<string> variables, IReadOnlyList<string> overrides,
        InheritedSignals signals)
    {
        _signals = signals;
        _path = path;
        _arguments = arguments;
        _variables = variables;
        _overrides = overrides;
        _fifo = MakeFifo();
        _fdInChild = OpenPath($"/proc/self/fd/{_fifo}"); // a number that is taken here is free to be replaced there
        if (!LinuxKernel.HasChildrenFiles)
            _mark = OpenPath($"/proc/self/fd/{_fifo}");
        _thread = new(Spawn) { Name = "launch gate", IsBackground = true };
    }

    /// <summary>Starts the child. Returns its pid once it exists, or 0 if it could not be made.</summary>
    internal int Start()
    {
        Span<kernel_sigaction> handlers = stackalloc kernel_sigaction[Linux.SIGRTMAX + 1];
        ulong taken = IgnoreWhatItIgnores(handlers);
        try
        {
            return StartChild();
        }
        finally
        {
            HandleAgain(taken, handlers); // a child has the dispositions of the moment it was made in
        }
    }

    private int StartChild()
    {
        _thread.Start();
        using var proc = new ProcBuffer();
        var children = new List<int>(1);
        var wait = default(SpinWait);
        while (true)
        {
            // The flag first: a child that was made before the helper finished is then seen.
            bool finished = _finished;
            if (_helperTid != 0 && FindChild(proc, children) is > 0 and int child)
                return child;

            if (finished)
                return 0;
            wait.SpinOnce(sleep1Threshold: 50);
        }
    }

    private int FindChild(ProcBuffer proc, List<int> children)
    {
        children.Clear();
        if (LinuxKernel.HasChildrenFiles)
        {
            LinuxKernel.ReadChildren(proc, Environment.ProcessId, _helperTid, children);
            return children.FirstOrDefault();
        }

        // Others of this process may have children of their own: ours is the one that has the root folder open where all others
        // have the path to the FIFO.
        LinuxKernel.ReadChildren(proc, Environment.ProcessId, Environment.ProcessId, children);
        Span<byte> target = stackalloc byte[8];
        byte[] link = Encoding.ASCII.GetBytes($"fd/{_mark}");
        foreach (int child in children)
        {
            if (ProcFile.ReadLink(child, link, target, out ReadOnlySpan<byte> path) == ProcOutcome.Read && path.SequenceEqual("/"u8))
                return child;
        }

        return 0;
    }

    /// <summary>
    /// The runtime raises the soft limit of open files to the hard one; the command gets back what our own parent
    /// has, which is what we were started with.
    /// </summary>
    internal static void RestoreFileLimit(int pid)
    {
        rlimit ours;
        rlimit parents;
        if (Linux.prlimit(0, Linux.RLIMIT_NOFILE, null, &ours) < 0
            || Linux.prlimit(LibC.getppid(), Linux.RLIMIT_NOFILE, null, &parents) < 0)
        {
            return; // Somebody else's process is our parent: its limits are not ours to see.
        }

        if (parents.rlim_max == ours.rlim_max && parents.rlim_cur < ours.rlim_cur)
            _ = Linux.prlimit(pid, Linux.RLIMIT_NOFILE, &parents, null);
    }

    /// <summary>Lets the child go on to its exec.</summary>
    internal void Open()
    {
        // For reading too: then it does not fail if the child has not come to its open yet.
        byte* path = stackalloc byte[32];
        ComposeFifoPath(path);
        _writer = LibC.open(path, LibC.O_RDWR | LibC.O_NONBLOCK | LibC.O_CLOEXEC);
        if (_writer < 0)
            throw new FollowException(CannotOpen(Linux.Errno));
    }

    /// <summary>Waits for posix_spawn to return: after the exec, or its failure. Returns its errno.</summary>
    internal int Join()
    {
        _thread.Join();
        return _errno;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_writer >= 0)
            _ = LibC.close(_writer);
        if (_mark >= 0)
            _ = LibC.close(_mark);
        _ = LibC.close(_fdInChild);
        _ = LibC.close(_fifo);
    }

    private void Spawn()
    {
        _helperTid = Linux.gettid();
        _errno = SpawnNow();
        _finished = true;
    }

    private int SpawnNow()
    {
        byte** argv = CopyToNative(_arguments);
        byte** added = CopyToNative([.. _variables.Where(variable => !IsSet(variable)), .. _overrides]);
        byte** environment = Join(Environ(), added);
        byte* path = (byte*)Marshal.StringToCoTaskMemUTF8(_path);
        byte* gate = stackalloc byte[32];
        ComposeFifoPath(gate);
        posix_spawn_file_actions_t actions;
        posix_spawnattr_t attributes;
        _ = Linux.posix_spawn_file_actions_init(&actions);
        _ = Linux.posix_spawnattr_init(&attributes);
        try
        {
            int pid;
            int errno = 0;
            if (_mark >= 0)
            {
                fixed (byte* root = "/\0"u8)
                    errno = Linux.posix_spawn_file_actions_addopen(&actions, _mark, root, LibC.O_PATH, 0);
            }

            if (errno == 0)
                errno = Linux.posix_spawn_file_actions_addopen(&actions, _fdInChild, gate, LibC.O_RDONLY, 0);
            if (errno == 0)
                errno = Linux.posix_spawn_file_actions_addclose(&actions, _fdInChild);
            if (errno == 0 && _mark >= 0)
                errno = Linux.posix_spawn_file_actions_addclose(&actions, _mark);
            if (errno == 0)
                errno = SetSignals(&attributes);
            return errno != 0 ? errno : Linux.posix_spawn(&pid, path, &actions, &attributes, argv, environment);
        }
        finally
        {
            _ = Linux.posix_spawnattr_destroy(&attributes);
            _ = Linux.posix_spawn_file_actions_destroy(&actions);
            Marshal.FreeCoTaskMem((nint)path);
            Free(argv);
            Free(added);
            NativeMemory.Free(environment);
        }
    }

    private void ComposeFifoPath(byte* path)
    {
        int length = Encoding.ASCII.GetBytes($"/proc/self/fd/{_fifo}", new Span<byte>(path, 31));
        path[length] = 0;
    }

    /// <summary>A FIFO that has no name any more: nothing of it stays behind if we are killed.</summary>
    private static int MakeFifo()
    {
        string reason = "";
        foreach (string folder in (string[])[Path.GetTempPath(), "/dev/shm"])
        {
            string name = Path.Combine(folder, "forkfollow-" + Path.GetRandomFileName());
            if (Linux.mkfifo(name, OwnerOnly) < 0)
            {
                reason = $"{folder}: {Linux.Describe(Linux.Errno)}";
                continue;
            }

            try
            {
                return OpenPath(name);
            }
            finally
            {
                _ = Linux.unlink(name);
            }
        }

        throw new FollowException($"cannot make the FIFO that a launch needs in {reason}; set TMPDIR to a writable folder");
    }

    private static int OpenPath(string path)
    {
        byte* native = (byte*)Marshal.StringToCoTaskMemUTF8(path);
        int fd = LibC.open(native, LibC.O_PATH | LibC.O_CLOEXEC);
        int errno = Linux.Errno;
        Marshal.FreeCoTaskMem((nint)native);
        return fd >= 0
            ? fd
            : throw new FollowException(CannotOpen(errno));
    }

    private static string CannotOpen(int errno) =>
        $"cannot open the launch gate: {Linux.Describe(errno)}; {(errno == Linux.ENOENT ? "mount /proc" : "raise the hard limit of open files (ulimit -Hn)")}";

    /// <summary>The environment we were started with: libc's own, not the copy that .NET keeps.</summary>
    private static byte** Environ() =>
        *(byte***)NativeLibrary.GetExport(NativeLibrary.GetMainProgramHandle(), "environ");

    private static bool IsSet(string variable)
    {
        ReadOnlySpan<byte> name = NameOf(variable);
        for (byte** one = Environ(); *one != null; one++)
        {
            if (MemoryMarshal.CreateReadOnlySpanFromNullTerminated(*one).StartsWith(name))
                return true;
        }

        return false;
    }

    /// <summary>NAME and the equals sign.</summary>
    private static byte[] NameOf(string variable) =>
        Encoding.UTF8.GetBytes(variable[..(variable.IndexOf('=', StringComparison.Ordinal) + 1)]);

    /// <summary>An array of the strings of both, which stay where they are; of the first, those that are not overridden.</summary>
    private byte** Join(byte** first, byte** second)
    {
        byte[][] overridden = [.. _overrides.Select(NameOf)];
        int more = Count(second);
        byte** all = (byte**)NativeMemory.AllocZeroed((nuint)(Count(first) + more + 1), (nuint)sizeof(byte*));
        int count = 0;
        for (byte** one = first; *one != null; one++)
        {
            ReadOnlySpan<byte> variable = MemoryMarshal.CreateReadOnlySpanFromNullTerminated(*one);
            bool replaced = false;
            foreach (byte[] name in overridden)
                replaced |= variable.StartsWith(name);
            if (!replaced)
                all[count++] = *one;
        }

        new Span<nint>(second, more).CopyTo(new(all + count, more));
        return all;
    }

    private static int Count(byte** strings)
    {
        int count = 0;
        while (strings[count] != null)
            count++;
        return count;
    }

    private static void Free(byte** strings)
    {
        for (byte** one = strings; *one != null; one++)
            Marshal.FreeCoTaskMem((nint)(*one));
        NativeMemory.Free(strings);
    }

    private static byte** CopyToNative(IReadOnlyList<string> strings)
    {
        byte** array = (byte**)NativeMemory.AllocZeroed((nuint)(strings.Count + 1), (nuint)sizeof(byte*));
        for (int i = 0; i < strings.Count; i++)
            array[i] = (byte*)Marshal.StringToCoTaskMemUTF8(strings[i]);
        return array;
    }
}
