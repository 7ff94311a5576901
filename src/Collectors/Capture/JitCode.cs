using ForkFollow.Follower;
using ForkFollow.Native;
using ForkFollow.Results.Protocol;
using ForkFollow.Symbols;
using Microsoft.Win32.SafeHandles;

namespace ForkFollow.Collectors.Capture;

/// <summary>
/// Code that a process made itself: the places in it that were seen, and what tells their functions: the methods of its .NET
/// runtime, or else the file that its just-in-time compiler writes. That file grows until the process ends, and does not stay open here
/// (<see cref="ModuleFiles"/> says why): in our own root it is found while the process lives, and read by its path when that has ended;
/// in another root, which may go with the process, it is read while it lives, again whenever twice as many places were seen.
/// Reader thread.
/// </summary>
internal sealed class JitCode(int pid, int module)
{
    /// <summary>How much of a file is read again and again.</summary>
    private const long MostAgain = 16L << 20;

    private readonly List<(int Frame, ulong Address)> _places = [];
    private string? _path;
    private FileIdentity _file;
    private JitMap? _map;
    private bool _resolved;

    /// <summary>Its number among the modules.</summary>
    internal int Module { get; } = module;

    /// <summary>The methods of its runtime, once they are known; null if it has none or did not tell.</summary>
    internal MethodMap? Methods { get; set; }

    /// <summary>Its file had more functions than are read.</summary>
    internal bool IsCut => _map?.IsCut ?? false;

    /// <summary>Its file is one in our own root that could not be opened yet.</summary>
    internal bool IsUnread => _path is not null && _map is null;

    /// <summary>Something is known, or will be, of functions in it.</summary>
    internal bool HasNames => _path is not null || _map is not null || Methods is not null;

    /// <summary>How much memory its map holds, in bytes.</summary>
    internal long MapBytes => _map?.Bytes ?? 0;

    /// <summary>Takes a place that was not seen before.</summary>
    /// <param name="frame">Its number.</param>
    /// <param name="address">Where it is.</param>
    /// <param name="process">Its process; null when that has ended.</param>
    internal void Add(int frame, ulong address, FollowedProcess? process)
    {
        _places.Add((frame, address));

        // The compiler may begin its file later than we saw the first frame: look at the 1st, 2nd, 4th, 8th, …
        if ((_places.Count & (_places.Count - 1)) == 0)
            Look(process);
    }

    /// <summary>Looks for its file, if the process lives.</summary>
    internal void Look(FollowedProcess? process)
    {
        if (_path is not null || process is null || !process.TryEnter())
            return;
        try
        {
            using TargetRoot? root = TargetRoot.OfProcess(pid, out _);
            string path = "";
            using SafeFileHandle? file = root is null ? null : JitMap.Open(pid, root, out path, out _);
            if (file is null || !RegularFile.TryIdentify(file, out FileIdentity identity, out _))
                return;
            if (root!.IsOwn)
                (_path, _file) = (path, identity);
            else
                _map = JitMap.Read(file, out _, MostAgain, () => process.MustLeave) ?? _map;
        }
        finally
        {
            process.Leave();
        }
    }

    /// <summary>Its program has ended: reads its file, if that may be opened now. At most once.</summary>
    internal void End(FollowedProcess? process)
    {
        Look(process);
        if (IsUnread)
            Read(RegularFile.OpenOnRootMount(_path!, out _));
    }

    /// <summary>Reads its file, if it is not read yet. When the run has ended.</summary>
    internal void ReadLate()
    {
        if (IsUnread)
            Read(TargetRoot.Own.Open(_path!, out _));
    }

    /// <summary>The functions of all places that have one; ends it.</summary>
    internal IEnumerable<Symbol> Resolve()
    {
        if (_resolved)
            yield break;
        _resolved = true;
        foreach ((int frame, ulong address) in _places)
        {
            if ((Methods?.Find(address)?.Name ?? _map?.Find(address)) is { } function)
                yield return new() { Frame = (uint)frame, Function = function };
        }

        Methods = null;
    }

    private void Read(SafeFileHandle? opened)
    {
        using (opened)
        {
            // Another process of the same pid may have made another.
            if (opened is not null && RegularFile.TryIdentify(opened, out FileIdentity identity, out _)
                && (identity.DeviceMajor, identity.DeviceMinor, identity.Inode) == (_file.DeviceMajor, _file.DeviceMinor, _file.Inode))
            {
                _map = JitMap.Read(opened, out _);
            }
        }
    }
}
