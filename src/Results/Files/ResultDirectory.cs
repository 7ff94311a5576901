using System.Security.Cryptography;
using System.Text.RegularExpressions;
using ForkFollow.Native;
using Tmds.Linux;

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

    /// <summary>Makes the directory of a run, and the directories on the way.</summary>
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
        string full = System.IO.Path.TrimEndingDirectorySeparator(System.IO.Path.GetFullPath(path));
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
        string full = System.IO.Path.GetFullPath(path);
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
    internal static string TemporaryOf(string name) => $"{name}.{RandomNumberGenerator.GetHexString(8, lowercase: true)}.new";

    /// <summary>The name behind one of <see cref="TemporaryOf"/>; null if it is none.</summary>
    internal static string? NameOfTemporary(string temporary) =>
        Temporary().Match(temporary) is { Success: true } found ? found.Groups[1].Value : null;

    [GeneratedRegex(@"\A(.+)\.[0-9a-f]{8}\.new\z", RegexOptions.Singleline)]
    private static partial Regex Temporary();

    private static Folder OpenParent(string full)
    {
        string? path = System.IO.Path.GetDirectoryName(full);
        try
        {
            if (path is null)
                throw new IOException("it is the root directory");
            Directory.CreateDirectory(path);
            return Folder.Open(path, out int errno) ?? throw new IOException(Linux.Describe(errno));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw Refusal(full, e.Message.TrimEnd('.'));
        }
    }

    private static ResultDirectory Make(Folder parent, string full, string name, bool replace, Func<string, bool> isOurs)
    {
        int errno = parent.MakeFolder(name);
        if (errno == 0)
            return new(OpenMade(parent, full, name), full, isOurs);
        if (errno != Linux.EEXIST)
            throw Refusal(full, Linux.Describe(errno));
        if (!replace)
        {
            throw new IOException(
                $"result directory {full} exists already, and results are not overwritten; name another one with -o, or say --force");
        }

        Folder old = OpenOwn(parent, full, name);
        bool isEmpty = false;
        string? foreign = null;
        try
        {
            isEmpty = !old.Names.Any();
            foreign = FindForeign(old, isOurs);
        }
        catch (IOException e)
        {
            throw Refusal(full, e.Message);
        }
        finally
        {
            if (!isEmpty)
                old.Dispose();
        }

        if (isEmpty)
            return new(old, full, isOurs) { _kept = true };
        return foreign is null
            ? Exchange(parent, full, name, isOurs)
            : throw new IOException(
                $"result directory {full} has {foreign} in it, which is no result file: nothing there is replaced; move it away, "
                + "or name another directory with -o");
    }

    /// <summary>Puts an empty directory into the place of one that has results.</summary>
    private static ResultDirectory Exchange(Folder parent, string full, string name, Func<string, bool> isOurs)
    {
        string beside = TemporaryOf(name);
        int errno = parent.MakeFolder(beside);
        if (errno != 0)
            throw Refusal(full, Linux.Describe(errno));
        Folder folder = OpenMade(parent, full, beside);
        errno = parent.Exchange(beside, name);
        if (errno == 0)
            return new(folder, full, isOurs) { _old = beside };
        folder.Dispose();
        parent.RemoveFolder(beside);
        throw new IOException(
            $"cannot replace result directory {full}: {Linux.Describe(errno)}; remove what is in it, or name another one with -o");
    }

    /// <summary>Opens a directory that was just made; one that cannot be is removed again.</summary>
    private static Folder OpenMade(Folder parent, string full, string name)
    {
        try
        {
            return OpenOwn(parent, full, name);
        }
        catch (IOException)
        {
            parent.RemoveFolder(name);
            throw;
        }
    }

    /// <summary>Opens what is to be ours alone.</summary>
    private static Folder OpenOwn(Folder parent, string full, string name)
    {
        Folder? folder = parent.OpenFolder(name, out int errno);
        if (folder is null)
        {
            throw errno is Linux.ENOTDIR or Linux.ELOOP
                ? new IOException($"result directory {full} is a file or a symbolic link; name a directory with -o")
                : Refusal(full, Linux.Describe(errno));
        }

        statx_t stat;
        try
        {
            stat = folder.Stat;
        }
        catch (IOException e)
        {
            folder.Dispose();
            throw Refusal(full, e.Message);
        }

        string? fault = stat.stx_uid != LibC.geteuid() ? $"it belongs to user {stat.stx_uid}, and we run as user {LibC.geteuid()}"
            : (stat.stx_mode & (Linux.S_IWGRP | Linux.S_IWOTH)) != 0 ? "others than its owner may write there (chmod go-w)"
            : null;
        if (fault is null)
            return folder;
        folder.Dispose();
        throw Refusal(full, fault);
    }

    private static string? FindForeign(Folder folder, Func<string, bool> isOurs, string prefix = "")
    {
        foreach (string name in folder.Names)
        {
            if (isOurs(prefix + name + "/"))
            {
                using Folder? inner = folder.OpenFolder(name, out _);
                if (inner is null || FindForeign(inner, isOurs, name + "/") is not { } foreign)
                    continue;
                return foreign;
            }

            if (!isOurs(prefix + name))
                return prefix + name;
        }

        return null;
    }

    private static IOException Refusal(string path, string why) => new($"cannot write results to {path}: {why}; name another directory with -o");

    /// <summary>Found out now, and not when the command has ended.</summary>
    private void Probe()
    {
        try
        {
            using ResultFile probe = MakeUnnamed();
            probe.Write([0], 0);
        }
        catch (IOException e)
        {
            Dispose();
            throw Refusal(Path, e.Message);
        }
    }

    /// <summary>Deletes a directory of ours beside or at our path. False if there is more in it, or it cannot be deleted.</summary>
    private bool Delete(string name)
    {
        using (Folder? folder = _parent!.OpenFolder(name, out _))
        {
            try
            {
                if (folder is not null)
                    DeleteOurs(folder, "");
            }
            catch (IOException)
            {
                return false;
            }
        }

        return _parent.RemoveFolder(name);
    }

    private void DeleteOurs(Folder folder, string prefix)
    {
        foreach (string name in folder.Names)
        {
            if (_isOurs(prefix + name + "/"))
            {
                using (Folder? inner = folder.OpenFolder(name, out _))
                {
                    if (inner is not null)
                        DeleteOurs(inner, name + "/");
                }

                folder.RemoveFolder(name);
            }
            else if (_isOurs(prefix + name))
            {
                folder.RemoveFile(name);
            }
        }
    }
}
