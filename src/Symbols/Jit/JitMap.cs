using System.Buffers.Text;
using System.Globalization;
using ForkFollow.Native;
using Microsoft.Win32.SafeHandles;

namespace ForkFollow.Symbols;

/// <summary>
/// The functions that a just-in-time compiler made, as it wrote them to <c>/tmp/perf-PID.map</c>: lines of
/// <c>START SIZE NAME</c> in hexadecimal. Code is freed and its place used again without a word, so that later lines win
/// over earlier ones. The target writes the file: lines that make no sense are counted and skipped. Immutable; any thread.
/// </summary>
public sealed class JitMap
{
    private const long MaxFile = 128L << 20;
    private const int MaxEntries = 1_000_000;

    private readonly SymbolTable _table;

    private JitMap(SymbolTable table, int skipped, bool cut)
    {
        _table = table;
        Skipped = skipped;
        IsCut = cut;
    }

    /// <summary>How many lines made no sense.</summary>
    public int Skipped { get; }

    /// <summary>Whether there was more than is read: 128 MB, 1,000,000 functions.</summary>
    public bool IsCut { get; }

    /// <summary>How much memory it holds, in bytes.</summary>
    public long Bytes => _table.Bytes;

    /// <summary>How many ranges there are.</summary>
    public int Count => _table.Count;

    /// <summary>Opens the map of a process, in its root and under its own pid there. Null with the reason.</summary>
    /// <param name="pid">The process, as we see it. It must live.</param>
    /// <param name="root">Its root.</param>
    /// <param name="path">Its path there.</param>
    /// <param name="refusal">Why it gave null.</param>
    public static SafeFileHandle? Open(int pid, TargetRoot root, out string path, out string? refusal)
    {
        path = "";
        (int inside, uint uid)? status = ReadStatus(pid);
        refusal = "the process is gone";
        if (status is not { } own)
            return null;
        path = string.Create(CultureInfo.InvariantCulture, $"/tmp/perf-{own.inside}.map");
        SafeFileHandle? file = root.Open(path, out refusal);
        if (file is null)
            return null;

        // Everybody can write to /tmp.
        if (RegularFile.TryIdentify(file, out _, out uint owner) && (owner == own.uid || owner == 0))
            return file;
        file.Dispose();
        refusal = $"{path} belongs to somebody else";
        return null;
    }

    /// <summary>Reads an open map. Null with the reason if it is no regular file, or was told to stop.</summary>
    /// <param name="file">The file; stays the caller's.</param>
    /// <param name="refusal">Why it gave null.</param>
    /// <param name="most">How much of it is read, in bytes.</param>
    /// <param name="stop">Asked while the file is read, every 0.1 ms.</param>
    public static JitMap? Read(SafeFileHandle file, out string? refusal, long most = MaxFile, Func<bool>? stop = null)
    {
        if (!RegularFile.TryIdentify(file, out FileIdentity identity, out _))
        {
            refusal = "it is no regular file";
            return null;
        }

        ulong length = Math.Min(identity.Size, (ulong)most);
        ByteSource? source = new ByteSource(file, length);
        if (stop is not null)
            source = source.Copy([new(0, length)], most, stop);
        refusal = source is null ? "it was told to stop" : null;
        return source is null ? null : Read(source, cut: identity.Size > length);
    }

    /// <summary>Reads a map from bytes.</summary>
    public static JitMap Read(ByteSource source, bool cut = false)
    {
        var lines = new LineReader(source);
        var layers = new LayeredRanges();
        int skipped = 0;
        while (lines.TryRead(out ReadOnlySpan<byte> line))
        {
            if (layers.Count == MaxEntries)
            {
                cut = true;
                break;
            }

            if (!LineReader.TryTakeHex(ref line, out ulong start) || line.Length == 0 || line[0] != ' '
                || !Next(ref line, out ulong size) || line.Length < 2 || line[0] != ' ' || line[1..].Contains((byte)0)
                || !layers.TryAdd(start, size, line[1..]))
            {
                skipped++;
            }
        }

        return new(layers.Build(), skipped + lines.TooLong, cut);
    }

    /// <summary>The function at an address; null if there is none.</summary>
    public string? Find(ulong address) => _table.Find(address);

    private static bool Next(ref ReadOnlySpan<byte> line, out ulong size)
    {
        line = line[1..];
        return LineReader.TryTakeHex(ref line, out size);
    }

    /// <summary>The pid that the process has in its own pid namespace, and its effective user.</summary>
    private static (int Inside, uint Uid)? ReadStatus(int pid)
    {
        Span<byte> buffer = stackalloc byte[4096];
        if (ProcFile.Read(pid, "status"u8, buffer, out ReadOnlySpan<byte> status) != ProcOutcome.Read
            || ProcFile.EffectiveId(status, "\nUid:"u8) is var uid && uid < 0)
        {
            return null;
        }

        return (Utf8Parser.TryParse(ProcFile.Last(status, "\nNSpid:"u8), out int inside, out _) ? inside : pid, (uint)uid);
    }
}
