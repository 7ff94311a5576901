using System.Text;
using ForkFollow.Native;

namespace ForkFollow.Follower;

/// <summary>A program that a process runs, seen while the process is held at its exec: gone when the callback returns.</summary>
public readonly ref struct ExecView
{
    private readonly IKernel? _kernel;
    private readonly int _pid;

    internal ExecView(
        ReadOnlySpan<byte> path, ReadOnlySpan<byte> commandLine, ReadOnlySpan<byte> comm, FileIdentity file = default,
        IKernel? kernel = null, int pid = 0)
    {
        Path = path;
        CommandLine = commandLine;
        Comm = comm;
        File = file;
        _kernel = kernel;
        _pid = pid;
    }

    /// <summary>The executable, as /proc/PID/exe names it (bytes, as a rule UTF-8).</summary>
    public ReadOnlySpan<byte> Path { get; }

    /// <summary>The arguments, each ended by a zero byte, as in /proc/PID/cmdline.</summary>
    public ReadOnlySpan<byte> CommandLine { get; }

    /// <summary>The command name: at most 15 bytes, as in /proc/PID/comm.</summary>
    public ReadOnlySpan<byte> Comm { get; }

    /// <summary>Which file it is; default if that could not be seen.</summary>
    public FileIdentity File { get; }

    /// <summary>
    /// Whether the process may be looked at by its own user (prctl PR_GET_DUMPABLE = 1): not so where real and effective ids differ.
    /// The kernel removes all perf events from one that may not when it executes a program (begin_new_exec). Looked up at the call.
    /// </summary>
    public bool IsDumpable => _kernel?.IsDumpable(_pid) ?? true;
}

/// <summary>A program that a process ran. Immutable.</summary>
public sealed class ExecImage
{
    private readonly byte[] _commandLine;

    internal ExecImage(long timestamp, string path, byte[] commandLine)
    {
        Timestamp = timestamp;
        Path = path;
        _commandLine = commandLine;
    }

    /// <summary>The same with another command line.</summary>
    internal ExecImage With(byte[] commandLine) => new(Timestamp, Path, commandLine);

    /// <summary>When: a <see cref="System.Diagnostics.Stopwatch"/> timestamp (CLOCK_MONOTONIC, nanoseconds).</summary>
    public long Timestamp { get; }

    /// <summary>The executable as the kernel names it; <c>" (deleted)"</c> behind it if it has been removed.</summary>
    public string Path { get; }

    /// <summary>The arguments, the first of which is the name the program was called by. Decoded at each call.</summary>
    public IReadOnlyList<string> GetArguments()
    {
        var arguments = new List<string>();
        ReadOnlySpan<byte> rest = _commandLine;
        while (!rest.IsEmpty)
        {
            int end = rest.IndexOf((byte)0);
            ReadOnlySpan<byte> one = end < 0 ? rest : rest[..end];
            arguments.Add(Encoding.UTF8.GetString(one));
            rest = end < 0 ? default : rest[(end + 1)..];
        }

        return arguments;
    }
}
