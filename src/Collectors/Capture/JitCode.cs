using ForkFollow.Results.Protocol;
using ForkFollow.Symbols;
using Microsoft.Win32.SafeHandles;

namespace ForkFollow.Collectors.Capture;

/// <summary>
/// Code that a process made itself: the places in it that were seen, and what tells their functions: the methods of its .NET
/// runtime, or else the file that its just-in-time compiler writes. That file is opened while the process lives, since its /tmp may go with it, and read at its end,
/// since it grows until then. Reader thread.
/// </summary>
internal sealed class JitCode(int pid, int module)
{
    private readonly List<(int Frame, ulong Address)> _places = [];
    private SafeFileHandle? _map;
    private bool _ended;
    private bool _resolved;

    /// <summary>Its number among the modules.</summary>
    internal int Module { get; } = module;

    /// <summary>The methods of its runtime, once they are known; null if it has none or did not tell.</summary>
    internal MethodMap? Methods { get; set; }

    /// <summary>Its file had more functions than are read.</summary>
    internal bool IsCut { get; private set; }

    /// <summary>Takes a place that was not seen before.</summary>
    internal void Add(int frame, ulong address)
    {
        _places.Add((frame, address));

        // The compiler may begin its file later than we saw the first frame: ask at the 1st, 2nd, 4th, 8th, … But not once
        // the process has ended: its pid may be another's.
        if (!_ended && _map is null && (_places.Count & (_places.Count - 1)) == 0)
            Open();
    }

    /// <summary>
    /// Its process ends, but stacks that are unwound later may show more places in it: opens the file, if it is not yet.
    /// False if it has none. Only the first call opens it: at the next one the pid may be another's.
    /// </summary>
    internal bool Hold(bool open = true)
    {
        if (open && !_ended && _map is null)
            Open();
        _ended = true;
        return _map is not null;
    }

    /// <summary>The functions of all places that have one; ends it.</summary>
    internal IEnumerable<Symbol> Resolve()
    {
        if (_resolved)
            yield break;
        bool there = Hold();
        _resolved = true;
        using (_map)
        {
            JitMap? map = there ? JitMap.Read(_map!, out _) : null;
            IsCut = map?.IsCut ?? false;
            foreach ((int frame, ulong address) in _places)
            {
                if ((Methods?.Find(address)?.Name ?? map?.Find(address)) is { } function)
                    yield return new() { Frame = (uint)frame, Function = function };
            }
        }

        Methods = null;
    }

    private void Open()
    {
        using TargetRoot? root = TargetRoot.OfProcess(pid, out _);
        _map = root is null ? null : JitMap.Open(pid, root, out _);
    }
}
