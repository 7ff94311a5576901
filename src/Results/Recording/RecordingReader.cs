using ForkFollow.Results.Protocol;
using Google.Protobuf;

namespace ForkFollow.Results;

/// <summary>Reads profile.data back. A last chunk that was cut off (we were killed) is left out.</summary>
public static class RecordingReader
{
    /// <summary>The file's name in the result directory.</summary>
    public const string Name = "profile.data";

    private const uint Version = 1;

    /// <summary>Reads the file of a result directory; an empty profile if there is none.</summary>
    /// <exception cref="InvalidDataException">It is no such file, or of a newer version.</exception>
    /// <exception cref="IOException">It cannot be read.</exception>
    public static Profile Read(string directory)
    {
        string path = Path.Combine(directory, RecordingReader.Name);
        if (!File.Exists(path))
            return Profile.Empty;
        using FileStream file = File.OpenRead(path);
        var builder = new ProfileBuilder();
        try
        {
            while (ReadChunk(file) is { } chunk)
                builder.Add(chunk);
        }
        catch (InvalidProtocolBufferException e)
        {
            throw new InvalidDataException($"{path} is no recording, or damaged: {e.Message}", e);
        }

        if (builder.Header is null or { Version: not Version })
            throw new InvalidDataException($"{path} is no recording of version {Version}; read it with the ForkFollow that made it");
        return builder.IsWhole()
            ? builder.Build()
            : throw new InvalidDataException($"{path} is damaged: it refers to what it does not hold; record the run again");
    }

    /// <summary>The next chunk, behind its length; null if the file ends in or before it.</summary>
    private static Chunk? ReadChunk(FileStream file)
    {
        long length = 0;
        int shift = 0;
        int next;
        do
        {
            next = file.ReadByte();
            if (next < 0 || shift > 28)
                return null;
            length |= (next & 0x7fL) << shift;
            shift += 7;
        }
        while (next >= 0x80);

        if (length > file.Length - file.Position)
            return null;
        byte[] bytes = new byte[length];
        file.ReadExactly(bytes);
        return Chunk.Parser.ParseFrom(bytes);
    }
}
