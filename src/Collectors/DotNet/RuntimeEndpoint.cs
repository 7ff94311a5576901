using System.Buffers;
using System.Buffers.Text;
using System.Globalization;
using System.Text;
using ForkFollow.Native;
using ForkFollow.Symbols;
using Microsoft.Win32.SafeHandles;
using Tmds.Linux;

namespace ForkFollow.Collectors.DotNet;

/// <summary>The socket of a runtime's diagnostic port, as a place and nothing more (O_PATH).</summary>
internal sealed class RuntimeEndpoint(SafeFileHandle socket, ulong inode) : IDisposable
{
    /// <summary>A descriptor of its inode.</summary>
    internal SafeFileHandle Socket { get; } = socket;

    /// <summary>Which socket it is.</summary>
    internal ulong Inode { get; } = inode;

    /// <inheritdoc/>
    public void Dispose() => Socket.Dispose();
}

/// <summary>
/// Where the diagnostic port of a process is, or will be: <c>dotnet-diagnostic-PID-KEY-socket</c> in its TMPDIR, as it sees
/// that; the pid is that of its own pid namespace, the key its start time. Immutable; any thread; nothing throws.
/// </summary>
internal sealed unsafe class EndpointFinder
{
    private const int MostEnvironment = 1 << 20;

    private readonly int _pid;
    private readonly string _directory;
    private readonly string _name;
    private readonly uint _fsUid;

    private EndpointFinder(int pid, long startTime, string directory, string name, uint fsUid)
    {
        _pid = pid;
        StartTime = startTime;
        _directory = directory;
        _name = name;
        _fsUid = fsUid;
    }

    /// <summary>When the process started: who it is.</summary>
    internal long StartTime { get; }

    /// <summary>Whether its environment hangs in the kernel, so that the folder is the usual one.</summary>
    internal bool IsGuessed { get; private init; }

    /// <summary>The folder, as the process names it.</summary>
    internal string Directory => _directory;

    /// <summary>The folder as we can name it, to be told of new files in it.</summary>
    internal string DirectoryFromHere => Here(_directory);

    /// <summary>Finds out where that is for a process. Null if it is gone, or not ours to look at.</summary>
    internal static EndpointFinder? Of(int pid)
    {
        if (!ProcStat.TryRead(pid, out ProcStat stat))
            return null;
        Span<byte> buffer = stackalloc byte[4096];
        if (ProcFile.Read(pid, "status"u8, buffer, out ReadOnlySpan<byte> status) != ProcOutcome.Read
            || !Utf8Parser.TryParse(ProcFile.Last(status, "\nUid:"u8), out uint fsUid, out _))
        {
            return null;
        }

        string innermost = Utf8Parser.TryParse(ProcFile.Last(status, "\nNSpid:"u8), out int inside, out _)
            ? inside.ToString(CultureInfo.InvariantCulture)
            : pid.ToString(CultureInfo.InvariantCulture);
        string name = string.Create(CultureInfo.InvariantCulture, $"dotnet-diagnostic-{innermost}-{stat.StartTime}-socket");
        return new(pid, stat.StartTime, TemporaryFolder(pid, out bool guessed), name, fsUid) { IsGuessed = guessed };
    }

    /// <summary>Its endpoint as it is now; null if there is none.</summary>
    internal RuntimeEndpoint? Find()
    {
        string path = Path.Combine(_directory, _name);
        SafeFileHandle? socket;
        if (_directory.StartsWith('/'))
        {
            using TargetRoot? root = TargetRoot.OfProcess(_pid, out _);
            socket = root?.OpenAsPath(path);
        }
        else
        {
            socket = TargetRoot.Own.OpenAsPath(Here(path));
        }

        if (socket is null)
            return null;
        statx_t stat;
        if (Linux.statx((int)socket.DangerousGetHandle(), "", LibC.AT_EMPTY_PATH, Linux.STATX_BASIC_STATS, &stat) == 0
            && (stat.stx_mode & Linux.S_IFMT) == Linux.S_IFSOCK && stat.stx_uid == _fsUid)
        {
            return new(socket, stat.stx_ino);
        }

        socket.Dispose();
        return null;
    }

    /// <summary>Which socket that is now; null if there is none.</summary>
    internal ulong? FindInode()
    {
        using RuntimeEndpoint? endpoint = Find();
        return endpoint?.Inode;
    }

    private string Here(string path) => path.StartsWith('/')
        ? string.Create(CultureInfo.InvariantCulture, $"/proc/{_pid}/root{path}")
        : string.Create(CultureInfo.InvariantCulture, $"/proc/{_pid}/cwd/{path}");

    private static string TemporaryFolder(int pid, out bool guessed)
    {
        byte[] environment = ArrayPool<byte>.Shared.Rent(MostEnvironment);
        try
        {
            return TemporaryFolder(pid, environment, out guessed);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(environment);
        }
    }

    private static string TemporaryFolder(int pid, byte[] environment, out bool guessed)
    {
        guessed = PatientFile.Read(string.Create(CultureInfo.InvariantCulture, $"/proc/{pid}/environ"), environment, out int length)
            == ProcOutcome.Stuck;

        // Not ours to read: then it has the default, or is not found.
        ReadOnlySpan<byte> block = environment.AsSpan(0, length);
        while (!block.IsEmpty)
        {
            int end = block.IndexOf((byte)0);
            ReadOnlySpan<byte> one = end < 0 ? block : block[..end];
            if (one.StartsWith("TMPDIR="u8) && one.Length > "TMPDIR=".Length)
                return Encoding.UTF8.GetString(one["TMPDIR=".Length..]);
            block = end < 0 ? default : block[(end + 1)..];
        }

        return "/tmp";
    }
}
