using ForkFollow.Native;
using Tmds.Linux;

namespace ForkFollow.Results;

/// <summary>How a result directory is made, takes the place of an old one, and what of the old one is deleted.</summary>
public sealed partial class ResultDirectory
{
    private static Folder OpenParent(string full)
    {
        string? path = System.IO.Path.GetDirectoryName(full);
        if (path is null)
            throw Refusal(full, "it is the root directory");
        return Folder.Open(path, out int errno) ?? throw (errno == Linux.ENOENT
            ? new IOException($"cannot write results to {full}: there is no directory {path}; make it (mkdir -p), or name another one with -o")
            : Refusal(full, Linux.Describe(errno)));
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
