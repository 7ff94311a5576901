using ForkFollow.Collectors.Recording.Protocol;
using Google.Protobuf;

namespace ForkFollow.Collectors.Recording;

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
            while (file.Position < file.Length)
                builder.Add(Chunk.Parser.ParseDelimitedFrom(file));
        }
        catch (InvalidProtocolBufferException e) when (builder.Header is null)
        {
            throw new InvalidDataException($"{path} is no recording: {e.Message}", e);
        }
        catch (InvalidProtocolBufferException)
        {
            // Cut off: all before it counts.
        }

        if (builder.Header is null or { Version: not Version })
            throw new InvalidDataException($"{path} is no recording of version {Version}; read it with the ForkFollow that made it");
        return builder.Build();
    }
}
