using System.Globalization;
using ForkFollow.Native;
using Microsoft.Win32.SafeHandles;

namespace ForkFollow.Symbols;

/// <summary>
/// The functions of one file, made by <see cref="SymbolCache"/>. Headers are read when it is made, symbols at the first
/// <see cref="Find"/>; they may be dropped when memory is short, and are read again when they are asked for:
/// <code>
/// headers ──Find──► loaded ──over the limit──► dropped ──Find──► loaded
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
    private SafeFileHandle? _file;
    private volatile SymbolTable? _table;

    internal ModuleSymbols(SymbolCache cache, SafeFileHandle file, FileIdentity identity, string path, TargetRoot root)
    {
        (_cache, _file, _identity, _path, _root) = (cache, file, identity, path, root);
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

    /// <summary>Whether it keeps its file open, to read symbols when they are asked for.</summary>
    public bool IsOpen => _file is not null;

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

    /// <summary>Its headers; null if it is no ELF file that can be read.</summary>
    internal ElfImage? Image => _image;

    /// <summary>Opens the file once more, the caller's to close: the very same, or null if it is gone or was changed.</summary>
    public SafeFileHandle? OpenFile()
    {
        SafeFileHandle? file = _file is { } open ? Duplicate(open) : null;
        return file ?? Reopen();
    }

    /// <summary>Reads the symbols, unless they are there. Called by the cache, one thread at a time.</summary>
    public SymbolTable Load()
    {
        if (_table is SymbolTable loaded)
            return loaded;
        SafeFileHandle? file = _file ?? Reopen();
        if (file is null)
        {
            Refusal = "its file is gone or was changed since";
            return _table = SymbolTable.Empty;
        }

        SymbolTable table = ReadAll(file);
        Refusal = table.Count == 0 ? "it is stripped, and no debug file was found" : null;
        file.Dispose();
        _file = null;
        return _table = table;
    }

    /// <summary>Lets go of the symbols; they can be read again. Called by the cache.</summary>
    public void Drop() => _table = null;

    /// <summary>Closes the file; it is opened again by its path when it is needed. Called by the cache.</summary>
    public void CloseFile()
    {
        _file?.Dispose();
        _file = null;
    }

    private SymbolTable ReadAll(SafeFileHandle file)
    {
        var builder = new SymbolTableBuilder();
        ElfSymbols.AddTo(builder, _image!, new ByteSource(file, _identity.Size));
        if (ElfSymbols.HasFullTable(_image!) || DebugFiles.Find(_image!, _path, _root) is not { } debug)
            return builder.Build();
        using SafeFileHandle open = debug.File; // names are read until the table is built
        ElfSymbols.AddTo(builder, debug.Image, debug.Source);
        return builder.Build();
    }

    /// <summary>Through the descriptor that is open: also if it has been removed.</summary>
    private SafeFileHandle? Duplicate(SafeFileHandle open)
    {
        string self = string.Create(CultureInfo.InvariantCulture, $"/proc/self/fd/{open.DangerousGetHandle()}");
        SafeFileHandle? file = RegularFile.Open(self, out _);
        if (file is null || (RegularFile.TryIdentify(file, out FileIdentity identity, out _) && identity == _identity))
            return file;
        file.Dispose();
        return null;
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
