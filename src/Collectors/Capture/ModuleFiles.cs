using System.Globalization;
using System.Text;
using ForkFollow.Follower;
using ForkFollow.Native;
using ForkFollow.Symbols;
using Microsoft.Win32.SafeHandles;

namespace ForkFollow.Collectors.Capture;

/// <summary>A file that was mapped and could not be opened yet.</summary>
/// <param name="File">Which.</param>
/// <param name="InOwnRoot">Its path was one in our own root.</param>
internal readonly record struct UnreadFile(MappedFile File, bool InOwnRoot);

/// <summary>
/// Reads the files that processes map. No file of theirs stays open here, or is opened at a time when somebody may want to unmount what
/// it is on:
/// <list type="bullet">
/// <item>while its process lives and has it mapped itself (<see cref="FollowedProcess.TryEnter"/>), by that mapping;</item>
/// <item>at any time on the file system of our root directory, which nobody can unmount, by its path;</item>
/// <item>when the run has ended, by its path.</item>
/// </list>
/// What is opened by a path must be what was mapped, by its inode: later the path may name another file. Reader thread.
/// </summary>
internal sealed class ModuleFiles(bool unwinds)
{
    /// <summary>So many executables are remembered until their mappings come.</summary>
    private const int MostExecutables = 64;

    /// <summary>/proc/PID/map_files takes more than the right to trace: CAP_CHECKPOINT_RESTORE.</summary>
    private static readonly Lazy<bool> _opensMappings = new(CanOpenMappings);

    private readonly SymbolCache _cache = new(unwinds: unwinds);
    private readonly Queue<(int Pid, FileIdentity Identity, string Path, ModuleSymbols Symbols)> _executables = new();
    private bool _ended;

    /// <summary>From now on headers alone are read.</summary>
    internal void EndCopying() => _ended = true;

    /// <summary>Reads the executable of a process, if it lives: it may be gone when its mapping comes (a test that is compiled, run, deleted).</summary>
    /// <returns>Whether it may be gone with all of its file system: then its libraries are, too.</returns>
    internal bool ReadExecutable(FollowedProcess process)
    {
        if (!process.TryEnter())
            return false;
        try
        {
            Span<byte> buffer = stackalloc byte[4096];
            ProcFile.ReadLink(process.Pid, "exe"u8, buffer, out ReadOnlySpan<byte> link);
            string path = Encoding.UTF8.GetString(link);
            SafeFileHandle? file = RegularFile.Open(string.Create(CultureInfo.InvariantCulture, $"/proc/{process.Pid}/exe"), out _);
            if (file is null || !RegularFile.TryIdentify(file, out FileIdentity identity, out _))
            {
                file?.Dispose();
                return false;
            }

            bool mayGo = !RegularFile.IsOnRootMount(file);
            if (_cache.Get(file, path, TargetRoot.Own, out _, () => process.MustLeave) is { } symbols)
            {
                if (_executables.Count == MostExecutables)
                    _executables.Dequeue();
                _executables.Enqueue((process.Pid, identity, path, symbols));
            }

            return mayGo;
        }
        finally
        {
            process.Leave();
        }
    }

    /// <summary>The symbols of a file that a process has mapped; null if it may not be opened now, or cannot be.</summary>
    internal ModuleSymbols? Read(MappedFile file, ProcessImage image, ulong start, ulong end)
    {
        foreach ((int pid, FileIdentity identity, string path, ModuleSymbols symbols) in _executables)
        {
            // Of overlay file systems and btrfs the record has another inode.
            if (pid == image.Pid && (file.Inode.Is(identity) || (path == file.Path && !file.Inode.IsNot(identity))))
                return symbols;
        }

        return ReadOfLiving(file, image, start, end)
            ?? Get(RegularFile.OpenOnRootMount(file.Path, out _), file, TargetRoot.Own, certain: !image.SeesOwnRoot);
    }

    /// <summary>The same when the run has ended.</summary>
    internal ModuleSymbols? ReadLate(UnreadFile unread) =>
        Get(TargetRoot.Own.Open(unread.File.Path, out _), unread.File, TargetRoot.Own, certain: !unread.InOwnRoot);

    private ModuleSymbols? ReadOfLiving(MappedFile file, ProcessImage image, ulong start, ulong end)
    {
        if (image.Result?.Process is not { } process || !process.TryEnter())
            return null;
        try
        {
            using TargetRoot? root = TargetRoot.OfProcess(image.Pid, out _);
            if (root is null)
                return null;
            image.SeesOwnRoot = root.IsOwn;
            string mapping = string.Create(CultureInfo.InvariantCulture, $"/proc/{image.Pid}/map_files/{start:x}-{end:x}");
            ModuleSymbols? symbols = Get(RegularFile.Open(mapping, out _), file, root, certain: false, process);
            if (symbols is not null || (root.IsOwn && _opensMappings.Value))
                return symbols;

            // It has not mapped just that any more, or we may not see: then it has it most probably. In our own root it can be had later.
            return Get(root.Open(file.Path, out _), file, root, certain: false, process);
        }
        finally
        {
            process.Leave();
        }
    }

    /// <param name="opened">Closed in any case.</param>
    /// <param name="file">What it must be.</param>
    /// <param name="root">Where its path is.</param>
    /// <param name="certain">Whether it must be so for certain: it may be in another root.</param>
    /// <param name="process">Whom it is read of; null if nobody waits for it.</param>
    private ModuleSymbols? Get(SafeFileHandle? opened, MappedFile file, TargetRoot root, bool certain, FollowedProcess? process = null)
    {
        using (opened)
        {
            return opened is not null && RegularFile.TryIdentify(opened, out FileIdentity identity, out _)
                && (certain ? file.Inode.Is(identity) : !file.Inode.IsNot(identity))
                    ? _cache.Get(opened, file.Path, root, out _, () => _ended || process is { MustLeave: true })
                    : null;
        }
    }

    private static bool CanOpenMappings()
    {
        ProcFile.Read(Environment.ProcessId, "maps"u8, out byte[] maps);
        foreach (ProcMapping mapping in ProcMapping.Parse(maps).Where(one => one.Path.StartsWith('/')))
        {
            using SafeFileHandle? file = RegularFile.Open($"/proc/self/map_files/{mapping.Start:x}-{mapping.End:x}", out _);
            if (file is not null)
                return true;
        }

        return false;
    }
}
