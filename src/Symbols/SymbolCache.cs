using ForkFollow.Native;
using Microsoft.Win32.SafeHandles;

namespace ForkFollow.Symbols;

/// <summary>
/// The symbols of all files of a run, each read once however many processes map it. A file is known by its device, inode,
/// size and time of change, so that the next process costs one statx; copies of it by their build id. Over the memory limit
/// the tables that were not used for longest are dropped, to be read again when asked for.
/// Any thread: loading is done by one at a time, finding in what is loaded takes no lock. Nothing throws.
/// </summary>
public sealed class SymbolCache
{
    private const long DefaultLimit = 512L << 20;
    private const long MostCopied = 128L << 20;
    private const long MostCopiedOfFile = 16L << 20;

    private readonly Lock _lock = new();
    private readonly Dictionary<FileIdentity, ModuleSymbols> _byFile = [];
    private readonly Dictionary<string, ModuleSymbols> _byBuildId = [];
    private readonly long _limit;
    private readonly bool _unwinds;
    private long _copied;
    private long _now;

    /// <param name="limit">How much memory the tables may hold together, in bytes; one table alone may hold more.</param>
    /// <param name="unwinds">What unwinding needs is copied too (<see cref="ModuleSymbols.OpenImage"/>).</param>
    public SymbolCache(long limit = DefaultLimit, bool unwinds = false) => (_limit, _unwinds) = (limit, unwinds);

    /// <summary>How many different files it knows.</summary>
    public int Files
    {
        get
        {
            lock (_lock)
                return _byBuildId.Count + _byFile.Values.Distinct().Count(module => module.BuildId.Length == 0);
        }
    }

    /// <summary>How much memory the tables hold now, in bytes.</summary>
    public long Bytes
    {
        get
        {
            lock (_lock)
                return Loaded().Sum(module => module.Bytes);
        }
    }

    /// <summary>How much memory the copies of files hold now, in bytes: 128 MiB at most. What is beyond is read of the file later.</summary>
    public long Copied
    {
        get
        {
            lock (_lock)
                return _copied;
        }
    }

    /// <summary>Counts loads: a clock for who was used last.</summary>
    public long Now => Volatile.Read(ref _now);

    /// <summary>
    /// The symbols of a file. Takes the handle over, and closes it before it returns. Null with the reason if it is no regular file.
    /// </summary>
    /// <param name="file">The open file.</param>
    /// <param name="path">Its path in the target's root, to find its debug file and to open it again.</param>
    /// <param name="root">The target's root; stays the caller's. If it is closed, only our own root is searched.</param>
    /// <param name="refusal">Why it gave null.</param>
    /// <param name="stop">Asked while the file is read, every 0.1 ms: true leaves the rest for later.</param>
    public ModuleSymbols? Get(SafeFileHandle file, string path, TargetRoot root, out string? refusal, Func<bool>? stop = null)
    {
        ArgumentNullException.ThrowIfNull(file);
        refusal = null;
        using (file)
        {
            if (!RegularFile.TryIdentify(file, out FileIdentity identity, out _))
            {
                refusal = "it is no regular file";
                return null;
            }

            lock (_lock)
            {
                if (!_byFile.TryGetValue(identity, out ModuleSymbols? module))
                {
                    module = Unique(new(this, file, identity, path, root));
                    _byFile.Add(identity, module);
                }

                long before = module.Copied;
                module.Copy(file, identity, _unwinds, Math.Min(MostCopiedOfFile, MostCopied - _copied), stop ?? (static () => false));
                _copied += module.Copied - before;
                return module;
            }
        }
    }

    /// <summary>Loads a module, and drops others if that is too much. Called by the module.</summary>
    internal SymbolTable Load(ModuleSymbols module)
    {
        lock (_lock)
        {
            Volatile.Write(ref _now, _now + 1);
            _copied -= module.Copied;
            SymbolTable table = module.Load();
            long bytes = Loaded().Sum(one => one.Bytes);
            if (bytes > _limit)
            {
                foreach (ModuleSymbols other in Loaded().Where(one => one != module).OrderBy(one => one.LastUse).ToList())
                {
                    bytes -= other.Bytes;
                    other.Drop();
                    if (bytes <= _limit)
                        break;
                }
            }

            return table;
        }
    }

    private IEnumerable<ModuleSymbols> Loaded() => _byFile.Values.Distinct().Where(module => module.Bytes > 0);

    /// <summary>A new module, or one with the same build id that is there already.</summary>
    private ModuleSymbols Unique(ModuleSymbols module) =>
        module.BuildId.Length > 0 && !_byBuildId.TryAdd(module.BuildId, module) ? _byBuildId[module.BuildId] : module;
}
