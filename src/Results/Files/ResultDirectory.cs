using System.Text.RegularExpressions;
using ForkFollow.Native;

namespace ForkFollow.Results;

/// <summary>
/// A result directory: the one way to its files. It is opened once, and everything is done relative to that; files are for their
/// owner only, are made under a name of their own and put in place by a rename, so that no reader finds half a file and no link of
/// somebody else's is followed. docs/adr/0021 says why.
/// <code>
/// Create ──Keep──► kept ──Dispose──► closed; removed if it is empty
///    └─────Dispose──► closed; what was there before is there again
/// </code>
/// Any thread; <see cref="Keep"/> and <see cref="Dispose"/> one.
/// </summary>
public sealed partial class ResultDirectory : IDisposable
{
    /// <summary>What a file is called that has no name but for a moment.</summary>
    internal const string Unnamed = "unnamed";

    private const int BufferSize = 64 * 1024;

    private readonly Folder _folder;
    private readonly Func<string, bool> _isOurs;
    private Folder? _parent;
    private string? _old;
    private bool _kept;

    private ResultDirectory(Folder folder, string path, Func<string, bool>? isOurs = null) =>
        (_folder, Path, _isOurs) = (folder, path, isOurs ?? (_ => false));

    /// <summary>The full path that it was opened by.</summary>
    public string Path { get; }

    /// <summary>Free space on its disk for us, in bytes.</summary>
    /// <exception cref="IOException">It cannot be told.</exception>
    public long FreeBytes => new DriveInfo(_folder.Self).AvailableFreeSpace;

    /// <summary>Where it is gone to; null if its path leads to it as it did.</summary>
    public string? Absence
    {
        get
        {
            statx_t own;
            try
            {
                own = _folder.Stat;
            }
            catch (IOException)
            {
                return null; // a server that does not answer: each file says so
            }

            if (Linux.stat(Path, out statx_t there) == 0
                && (own.stx_dev_major, own.stx_dev_minor, own.stx_ino) == (there.stx_dev_major, there.stx_dev_minor, there.stx_ino))
            {
                return null;
            }

            return own.stx_nlink == 0
                ? $"the result directory {Path} was removed while the run went on: its results are lost"
                : $"the result directory {Path} was moved while the run went on: its results are in {new FileInfo(_folder.Self).LinkTarget}";
        }
    }

    /// <summary>A path from the root.</summary>
    /// <exception cref="IOException">The working directory was removed: what, why, remedy in one line.</exception>
    public static string FullPath(string path)
    {
        try
        {
            return System.IO.Path.GetFullPath(path);
        }
        catch (FileNotFoundException)
        {
            throw new IOException("cannot name results below the working directory: it was removed; change into one that is there");
        }
    }

    /// <summary>Makes the directory of a run. The one that it is made in must be there.</summary>
    /// <param name="path">Its path.</param>
    /// <param name="replace">
    /// Whether one that is there is replaced: in one step, by an empty one. Its own results come back if the run does not begin.
    /// </param>
    /// <param name="isOurs">
    /// Whether a file in the old one is a result file, by its name; <c>FOLDER/</c> and <c>FOLDER/NAME</c> for what is in a folder. One
    /// that is not stops it.
    /// </param>
    /// <exception cref="IOException">It is there and not to be replaced, or cannot be made: what, why, remedy in one line.</exception>
    public static ResultDirectory Create(string path, bool replace, Func<string, bool> isOurs)
    {
        string full = System.IO.Path.TrimEndingDirectorySeparator(FullPath(path));
        Folder parent = OpenParent(full);
        try
        {
            ResultDirectory made = Make(parent, full, System.IO.Path.GetFileName(full), replace, isOurs);
            if (made._kept)
                parent.Dispose(); // it was there, empty: it is not ours to remove
            else
                made._parent = parent;
            made.Probe();
            return made;
        }
        catch
        {
            parent.Dispose();
            throw;
        }
    }

    /// <summary>Opens one that is there.</summary>
    /// <exception cref="IOException">It is none, or not ours to open: what, why, remedy in one line.</exception>
    public static ResultDirectory Open(string path)
    {
        string full = FullPath(path);
        Folder folder = Folder.Open(full, out int errno) ?? throw new IOException(errno switch
        {
            Linux.ENOENT => $"there is no directory {full}; name one that a run of forkfollow has written",
            Linux.ENOTDIR => $"{full} is no directory; name one that a run of forkfollow has written",
            _ => $"cannot open {full}: {Linux.Describe(errno)}; read it as the user who made it, or as root",
        });
        return new(folder, full) { _kept = true };
    }

    /// <summary>A folder in it, made if it is not there yet.</summary>
    /// <exception cref="IOException">It cannot be made.</exception>
    public ResultDirectory OpenFolder(string name)
    {
        int errno = _folder.MakeFolder(name);
        Folder? folder = errno is 0 or Linux.EEXIST ? _folder.OpenFolder(name, out errno) : null;
        return folder is null
            ? throw new IOException(Linux.Describe(errno))
            : new(folder, System.IO.Path.Combine(Path, name)) { _kept = true };
    }

    /// <summary>Writes a file; one that exists is replaced.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="write">Writes the content.</param>
    /// <exception cref="IOException">It cannot be written; the one before is as it was.</exception>
    public void Write(string name, Action<Stream> write)
    {
        ArgumentNullException.ThrowIfNull(write);
        string temporary = TemporaryOf(name);
        try
        {
            using (var file = new BufferedStream(new ResultStream(new(_folder.MakeFile(temporary))), BufferSize))
                write(file);
            _folder.Rename(temporary, name);
        }
        catch
        {
            _folder.RemoveFile(temporary);
            throw;
        }
    }

    /// <summary>A file that is written piece by piece; one that exists is replaced at the first piece.</summary>
    public GrowingFile Grow(string name) => new(_folder, name, System.IO.Path.Combine(Path, name));

    /// <summary>A file without a name: nothing of it is left behind however we end.</summary>
    /// <exception cref="IOException">It cannot be made.</exception>
    public ResultFile MakeUnnamed()
    {
        string temporary = TemporaryOf(Unnamed);
        var file = new ResultFile(_folder.MakeFile(temporary));
        if (_folder.RemoveFile(temporary))
            return file;
        string reason = Linux.Describe(Linux.Errno);
        file.Dispose();
        throw new IOException(reason);
    }

    /// <summary>Opens a file for reading; null if there is none of that name.</summary>
    /// <exception cref="IOException">It cannot be read: what and why in one line.</exception>
    public FileStream? Read(string name)
    {
        try
        {
            return _folder.OpenFile(name) is { } file ? new(file, FileAccess.Read) : null;
        }
        catch (IOException e)
        {
            throw new IOException($"cannot read {System.IO.Path.Combine(Path, name)}: {e.Message}; read it as the user who made it, or as root");
        }
    }

    /// <summary>The run has begun: its directory stays, and the results that were there before are deleted.</summary>
    /// <returns>Where the old one is, if it could not be deleted or somebody has put something there meanwhile; null if it is gone.</returns>
    public string? Keep()
    {
        _kept = true;
        if (_old is null)
            return null;
        string? left = Delete(_old) ? null : System.IO.Path.Combine(System.IO.Path.GetDirectoryName(Path)!, _old);
        _old = null;
        return left;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_parent is { } parent)
        {
            string name = System.IO.Path.GetFileName(Path);
            if (_old is not null && parent.Exchange(name, _old) == 0)
                Delete(_old);
            else if (!_kept)
                Delete(name);
            else
                parent.RemoveFolder(name);
            parent.Dispose();
            _parent = null;
        }

        _folder.Dispose();
    }

    /// <summary>A name that nothing has, for what gets its own later.</summary>
    internal static string TemporaryOf(string name) => $"{name}.{Random.Shared.GetHexString(8, lowercase: true)}.new";

    /// <summary>The name behind one of <see cref="TemporaryOf"/>; null if it is none.</summary>
    internal static string? NameOfTemporary(string temporary) =>
        Temporary().Match(temporary) is { Success: true } found ? found.Groups[1].Value : null;

    [GeneratedRegex(@"\A(.+)\.[0-9a-f]{8}\.new\z", RegexOptions.Singleline)]
    private static partial Regex Temporary();
}
