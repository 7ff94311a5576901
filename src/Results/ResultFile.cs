namespace ForkFollow.Results;

/// <summary>
/// Puts a result file into the result directory as a whole: written beside its place, for its owner only, and renamed, so
/// that no reader finds half a file and no link of somebody else's is followed.
/// </summary>
public static class ResultFile
{
    /// <summary>Writes a file. Any thread, one at a time for each name.</summary>
    /// <param name="directory">The result directory.</param>
    /// <param name="name">The file's name; one that exists is replaced.</param>
    /// <param name="write">Writes the content.</param>
    /// <exception cref="IOException">The disk is full, or the directory is gone. Nothing is left behind.</exception>
    /// <exception cref="UnauthorizedAccessException">The directory is not ours to write in.</exception>
    public static void Write(string directory, string name, Action<Stream> write)
    {
        ArgumentNullException.ThrowIfNull(write);
        string target = Path.Combine(directory, name);
        string temporary = target + ".new";
        File.Delete(temporary);
        var options = new FileStreamOptions
        {
            Mode = FileMode.CreateNew, // O_EXCL: no link of somebody else's is followed
            Access = FileAccess.Write,
            UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
            BufferSize = 64 * 1024,
        };
        try
        {
            using (var file = new FileStream(temporary, options))
                write(file);
            File.Move(temporary, target, overwrite: true);
        }
        catch
        {
            File.Delete(temporary);
            throw;
        }
    }
}
