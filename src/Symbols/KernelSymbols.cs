using Microsoft.Win32.SafeHandles;

namespace ForkFollow.Symbols;

/// <summary>The functions of the kernel, its modules and BPF programs, as /proc/kallsyms has them now. Immutable; any thread.</summary>
public sealed class KernelSymbols
{
    private const ulong MaxFile = 256UL << 20;
    private const ulong PageMask = 4095;

    private readonly SymbolTable _table;

    private KernelSymbols(SymbolTable table) => _table = table;

    /// <summary>How many functions there are.</summary>
    public int Count => _table.Count;

    /// <summary>Reads them. Null with the reason in words.</summary>
    public static KernelSymbols? Read(out string? refusal)
    {
        using SafeFileHandle? file = RegularFile.Open("/proc/kallsyms", out refusal);
        if (file is null)
            return null;
        KernelSymbols symbols = Read(new ByteSource(file, MaxFile), out bool hidden);
        refusal = symbols.Count > 0
            ? null
            : hidden
                ? "the kernel hides its addresses: run as root, or set kernel.kptr_restrict to 0"
                : "/proc/kallsyms has no functions";
        return refusal is null ? symbols : null;
    }

    /// <summary>Reads text in the form of /proc/kallsyms: <c>ffffffff81000000 T name	[module]</c>.</summary>
    public static KernelSymbols Read(ByteSource source, out bool hidden)
    {
        var lines = new LineReader(source);
        var names = new MemoryStream();
        List<(ulong Start, uint Name, bool Global)> found = [];
        hidden = false;
        while (lines.TryRead(out ReadOnlySpan<byte> line))
        {
            if (!LineReader.TryTakeHex(ref line, out ulong start) || line.Length < 4 || line[0] != ' ' || line[2] != ' '
                || line[1] is not ((byte)'t' or (byte)'T' or (byte)'w' or (byte)'W'))
            {
                continue;
            }

            hidden |= start == 0;
            if (start == 0)
                continue;
            found.Add((start, (uint)names.Length, line[1] is (byte)'T'));
            names.Write(line[3..]);
            names.WriteByte(0);
        }

        return new(Build(found, names.ToArray()));
    }

    /// <summary>The function at an address, and its module without brackets, which is null in the kernel itself.</summary>
    public string? Find(ulong address, out string? module)
    {
        module = null;
        string? name = _table.Find(address);
        int tab = name?.IndexOf('\t', StringComparison.Ordinal) ?? -1;
        if (tab < 0)
            return name;
        module = name![(tab + 1)..].Trim('[', ']');
        return name[..tab];
    }

    private static SymbolTable Build(List<(ulong Start, uint Name, bool Global)> found, byte[] names)
    {
        found.Sort(static (a, b) => a.Start.CompareTo(b.Start));
        var builder = new SymbolTableBuilder();
        builder.Names(new(names), 0, (ulong)names.Length);
        for (int i = 0; i < found.Count; i++)
        {
            // There are no sizes. Behind the last function of a module nothing is known: as perf, up to the next page but one.
            (ulong start, uint name, bool global) = found[i];
            ulong end = (start | PageMask) + 4097;
            if (i + 1 < found.Count && SameModule(names, name, found[i + 1].Name))
                end = ulong.MaxValue;
            builder.Add(start, end > start ? end : ulong.MaxValue, name, SymbolTraits.Typed | SymbolTraits.Strong
                | (global ? SymbolTraits.Global : SymbolTraits.None));
        }

        return builder.Build();
    }

    private static bool SameModule(byte[] names, uint one, uint other) =>
        Module(names, one).SequenceEqual(Module(names, other));

    private static ReadOnlySpan<byte> Module(byte[] names, uint name)
    {
        ReadOnlySpan<byte> text = names.AsSpan((int)name);
        text = text[..text.IndexOf((byte)0)];
        int tab = text.IndexOf((byte)'\t');
        return tab < 0 ? [] : text[tab..];
    }
}
