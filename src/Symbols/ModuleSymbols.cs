using ForkFollow.Native;
using Microsoft.Win32.SafeHandles;

namespace ForkFollow.Symbols;

/// <summary>
/// The functions of one file, made by <see cref="SymbolCache"/>. Of the open file its headers are read, and what symbols need is copied;
/// it does not stay open, since its file system could not be unmounted. The table is made of the copy at the first
/// <see cref="Find"/>; it may be dropped when memory is short. What was not copied, or was dropped, is read of the file, if that is still
/// there and the same:
/// <code>
/// headers, copy ──Find──► loaded ──over the limit──► dropped ──Find──► loaded
/// </code>
/// Any thread; nothing throws.
/// </summary>
public sealed class ModuleSymbols
{
    private readonly SymbolCache _cache;
    private readonly string _path;
    private readonly TargetRoot _root;
    private readonly FileIdentity _identity;
    private readonly ElfImage? _image;
    private ByteSource? _copy;
    private volatile SymbolTable? _table;

    /// <summary>Reads the headers; the file stays the caller's.</summary>
    internal ModuleSymbols(SymbolCache cache, SafeFileHandle file, FileIdentity identity, string path, TargetRoot root)
    {
        (_cache, _identity, _path, _root) = (cache, identity, path, root);
        _image = ElfImage.Read(new ByteSource(file, identity.Size), out string? refusal);
        Refusal = refusal;
        if (_image is null)
            _table = SymbolTable.Empty;
    }

    /// <summary>Its GNU build id in hexadecimal; empty if it has none.</summary>
    public string BuildId => _image?.BuildId ?? "";

    /// <summary>Why it has no symbols; null if it has, or if nobody asked yet.</summary>
    public string? Refusal { get; private set; }

    /// <summary>What of its table is in memory now, in bytes.</summary>
    public long Bytes => _table?.Bytes ?? 0;

    /// <summary>What of its file is in memory now, in bytes.</summary>
    public long Copied => _copy?.Copied ?? 0;

    /// <summary>When it was last asked, by the cache's count of loads.</summary>
    public long LastUse { get; private set; }

    /// <summary>The name of the function at an offset of the file, as the file has it; null if it has none there.</summary>
    public string? Find(ulong fileOffset)
    {
        if (_image is null || !_image.TryToAddress(fileOffset, out ulong address))
            return null;
        SymbolTable table = _table ?? _cache.Load(this);
        LastUse = _cache.Now;
        return table.Find(address);
    }

    /// <summary>What unwinding needs of it, the caller's to close; null if it cannot be had.</summary>
    public UnwindImage? OpenImage()
    {
        if (_copy is { } copy)
            return UnwindImage.Make(copy);
        using SafeFileHandle? file = Reopen();
        return file is null ? null : UnwindImage.Make(new(file, _identity.Size));
    }

    /// <summary>Copies what is needed of its open file, unless that was done or is done with. Called by the cache.</summary>
    /// <param name="file">The file; stays the caller's.</param>
    /// <param name="identity">Which it is: nothing is copied of another one that has the same build id.</param>
    /// <param name="unwinds">Also what unwinding needs.</param>
    /// <param name="most">How many bytes at most: nothing if it is more.</param>
    /// <param name="stop">Ends it when it is true: nothing then.</param>
    internal void Copy(SafeFileHandle file, FileIdentity identity, bool unwinds, long most, Func<bool> stop)
    {
        if (_copy is not null || _table is not null || identity != _identity)
            return;
        var source = new ByteSource(file, _identity.Size);
        IEnumerable<FilePart> parts = ElfSymbols.PartsOf(_image!);
        _copy = source.Copy(unwinds ? parts.Concat(UnwindImage.PartsOf(_image!, source)) : parts, most, stop);
    }

    /// <summary>Makes the table, unless it is there. Called by the cache, one thread at a time.</summary>
    internal SymbolTable Load()
    {
        if (_table is SymbolTable loaded)
            return loaded;
        using SafeFileHandle? file = _copy is null ? Reopen() : null;
        ByteSource? source = _copy ?? (file is null ? null : new(file, _identity.Size));
        if (source is null)
        {
            Refusal = "its file is gone or was changed since";
            return _table = SymbolTable.Empty;
        }

        SymbolTable table = ReadAll(source);
        Refusal = table.Count == 0 ? "it is stripped, and no debug file was found" : null;
        _copy = null;
        return _table = table;
    }

    /// <summary>Lets go of the symbols; they can be read again. Called by the cache.</summary>
    internal void Drop() => _table = null;

    private SymbolTable ReadAll(ByteSource source)
    {
        var builder = new SymbolTableBuilder();
        ElfSymbols.AddTo(builder, _image!, source);
        if (ElfSymbols.HasFullTable(_image!) || DebugFiles.Find(_image!, _path, _root) is not { } debug)
            return builder.Build();
        using SafeFileHandle open = debug.File; // names are read until the table is built
        ElfSymbols.AddTo(builder, debug.Image, debug.Source);
        return builder.Build();
    }

    /// <summary>Opens the same file again: not another one that has its path by now.</summary>
    private SafeFileHandle? Reopen()
    {
        foreach (TargetRoot root in _root.IsOwn ? [_root] : new[] { _root, TargetRoot.Own })
        {
            SafeFileHandle? file = root.Open(_path, out _);
            if (file is not null && RegularFile.TryIdentify(file, out FileIdentity identity, out _)
                && identity == _identity)
            {
                return file;
            }

            file?.Dispose();
        }

        return null;
    }
}
