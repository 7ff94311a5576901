using ForkFollow.Results.Protocol;
using Google.Protobuf;

namespace ForkFollow.Results;

/// <summary>Reads profile.data back, as far as it is whole: what was cut off or changed is left out, and said.</summary>
public static class RecordingReader
{
    /// <summary>The file's name in the result directory.</summary>
    public const string Name = "profile.data";

    /// <summary>The longest chunk, in bytes: what is there is a second's, or a part of the functions.</summary>
    internal const int MostBytes = 1 << 28;

    private const uint Version = 1;

    /// <summary>What the first chunk begins with: field 1, of a length of its own.</summary>
    private const int HeaderTag = (Chunk.HeaderFieldNumber << 3) | (int)WireFormat.WireType.LengthDelimited;

    /// <summary>Reads the file of a result directory; an empty profile if there is none.</summary>
    /// <param name="directory">The directory.</param>
    /// <param name="say">Takes what is left out, in a line.</param>
    /// <exception cref="InvalidDataException">It is no such file, or of a newer version.</exception>
    /// <exception cref="IOException">It cannot be read.</exception>
    public static Profile Read(ResultDirectory directory, Action<string> say)
    {
        ArgumentNullException.ThrowIfNull(directory);
        ArgumentNullException.ThrowIfNull(say);
        using FileStream? file = directory.Read(Name);
        if (file is null)
            return Profile.Empty;
        string path = Path.Combine(directory.Path, Name);
        var builder = new ProfileBuilder();
        long whole = 0;
        while (TryReadChunk(file) is { } chunk && IsOfThisVersion(builder, chunk) && builder.TryAdd(chunk))
            whole = file.Position;
        if (whole == 0)
            throw new InvalidDataException($"{path} {WhyNone(file)}");
        if (whole < file.Length)
            say($"{path} is cut off or damaged at byte {whole} of {file.Length}: what was sampled after that is left out");
        return builder.Build();
    }

    /// <summary>What a file is that has no chunk of ours at its beginning, and what to do.</summary>
    private static string WhyNone(FileStream file)
    {
        const string Full = "the disk was full, or the copy was not whole; make room and record again";
        if (file.Length == 0)
            return $"is empty: {Full}";
        file.Position = 0;
        if (TryReadLength(file) is not { } length
            || (length <= MostBytes && length > file.Length - file.Position && file.ReadByte() is -1 or HeaderTag))
        {
            return $"is cut off after {file.Length} bytes, in the middle of its first record: {Full}";
        }

        file.Position = 0;
        return TryReadChunk(file)?.Header is { Version: var version and not (0 or Version) }
            ? $"is a recording of version {version}, and this ForkFollow reads version {Version}; read it with the one that made it"
            : "is no recording, or damaged at its beginning; record again";
    }

    private static bool IsOfThisVersion(ProfileBuilder builder, Chunk chunk) => builder.Header is not null || chunk.Header is { Version: Version };

    /// <summary>The next chunk, behind its length; null at the end, and if it is none or is cut off.</summary>
    private static Chunk? TryReadChunk(FileStream file)
    {
        if (TryReadLength(file) is not { } length || length > MostBytes || length > file.Length - file.Position)
            return null;
        byte[] bytes = new byte[length];
        file.ReadExactly(bytes);
        try
        {
            return Chunk.Parser.ParseFrom(bytes);
        }
        catch (InvalidProtocolBufferException)
        {
            return null;
        }
    }

    /// <summary>A length, of 7 bits a byte; null if the file ends in it; <see cref="long.MaxValue"/> if it is longer than any.</summary>
    private static long? TryReadLength(FileStream file)
    {
        long length = 0;
        int shift = 0;
        int next;
        do
        {
            next = file.ReadByte();
            if (next < 0)
                return null;
            length |= (next & 0x7fL) << shift;
            shift += 7;
        }
        while (next >= 0x80 && shift <= 28);

        return next >= 0x80 ? long.MaxValue : length;
    }
}
