using System.Globalization;
using Microsoft.Win32.SafeHandles;

namespace ForkFollow.Symbols;

/// <summary>
/// The functions of the vdso, the code that the kernel maps into every process. Ours stands for all: it is one image for
/// all 64-bit processes (32-bit ones have another, of which nothing is known here). Immutable; any thread.
/// </summary>
public sealed class Vdso
{
    private const ulong MaxSize = 1 << 20;

    private readonly ElfImage _image;
    private readonly SymbolTable _table;

    private Vdso(ElfImage image, SymbolTable table) => (_image, _table) = (image, table);

    /// <summary>Its GNU build id in hexadecimal.</summary>
    public string BuildId => _image.BuildId;

    /// <summary>Reads our own. Null with the reason if the kernel gives none or /proc is not there.</summary>
    public static Vdso? Read(out string? refusal)
    {
        byte[]? bytes = ReadBytes(out refusal);
        if (bytes is null)
            return null;
        var source = new ByteSource(bytes);
        ElfImage? image = ElfImage.Read(source, out refusal);
        if (image is null)
            return null;
        var builder = new SymbolTableBuilder();
        ElfSymbols.AddTo(builder, image, source);
        return new(image, builder.Build());
    }

    /// <summary>Our own as it is in memory, which is as a file of it would be. Null with the reason.</summary>
    public static byte[]? ReadBytes(out string? refusal)
    {
        (ulong Start, ulong End)? range = FindRange();
        using SafeFileHandle? memory = RegularFile.Open("/proc/self/mem", out refusal);
        if (memory is null)
            return null;
        if (range is not { } at || at.End <= at.Start || at.End - at.Start > MaxSize || at.End > long.MaxValue)
        {
            refusal = "no vdso is mapped";
            return null;
        }

        byte[]? bytes = new ByteSource(memory, at.Start, at.End - at.Start).ReadAll(0, at.End - at.Start, (int)MaxSize);
        refusal = bytes is null ? "the vdso cannot be read" : null;
        return bytes;
    }

    /// <summary>The function at an offset from where the vdso is mapped; null if there is none.</summary>
    public string? Find(ulong offset) =>
        _image.TryToAddress(offset, out ulong address) ? _table.Find(address) : null;

    private static (ulong Start, ulong End)? FindRange()
    {
        try
        {
            foreach (string line in File.ReadLines("/proc/self/maps"))
            {
                if (!line.EndsWith("[vdso]", StringComparison.Ordinal))
                    continue;
                string[] range = line[..line.IndexOf(' ', StringComparison.Ordinal)].Split('-');
                return (ulong.Parse(range[0], NumberStyles.HexNumber, CultureInfo.InvariantCulture),
                    ulong.Parse(range[1], NumberStyles.HexNumber, CultureInfo.InvariantCulture));
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // No /proc: no vdso.
        }

        return null;
    }
}
