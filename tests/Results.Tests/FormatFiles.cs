using System.IO.Compression;
using System.Text;
using System.Text.Json;
using ForkFollow.Results.Formats;

namespace ForkFollow.Results.Tests;

/// <summary>A folder for one test's result files, with every writer at hand.</summary>
internal sealed class FormatFiles : IDisposable
{
    internal static IReadOnlyDictionary<string, Action<Stream, RecordedRun>> Writers { get; } =
        new Dictionary<string, Action<Stream, RecordedRun>>
        {
            [FoldedFile.Name] = FoldedFile.Write,
            [SpeedscopeFile.Name] = SpeedscopeFile.Write,
            [PprofFile.Name] = PprofFile.Write,
            [FirefoxFile.Name] = FirefoxFile.Write,
            [TimelineFile.Name] = TimelineFile.Write,
        };

    internal string Folder { get; } = Directory.CreateTempSubdirectory("formats-").FullName;

    /// <summary>Writes a run in a format; the file's path.</summary>
    internal string Write(string format, RecordedRun run)
    {
        using ResultDirectory directory = ResultDirectory.Open(Folder);
        directory.Write(format, output => Writers[format](output, run));
        return Path.Combine(Folder, format);
    }

    /// <summary>The content of a file, unpacked if it is packed.</summary>
    internal static byte[] Content(string path)
    {
        byte[] content = File.ReadAllBytes(path);
        if (!path.EndsWith(".gz", StringComparison.Ordinal))
            return content;
        using var zip = new GZipStream(new MemoryStream(content), CompressionMode.Decompress);
        using var plain = new MemoryStream();
        zip.CopyTo(plain);
        return plain.ToArray();
    }

    /// <summary>The content as text; bytes that are not UTF-8 fail.</summary>
    internal static string Text(string path) => new UTF8Encoding(false, throwOnInvalidBytes: true).GetString(Content(path));

    internal static JsonElement Json(string path)
    {
        using JsonDocument document = JsonDocument.Parse(Content(path));
        return document.RootElement.Clone();
    }

    public void Dispose() => Directory.Delete(Folder, recursive: true);
}
