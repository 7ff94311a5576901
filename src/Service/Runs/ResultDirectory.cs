using System.Globalization;

namespace ForkFollow.Service;

/// <summary>The directory that a run writes its results to, for its owner only.</summary>
internal sealed class ResultDirectory
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    /// <summary>One that is there already.</summary>
    internal ResultDirectory(string path) => Path = path;

    /// <summary>Its full path.</summary>
    internal string Path { get; }

    /// <summary>Makes the directory of a run.</summary>
    /// <exception cref="StartUpException">It exists already, or cannot be made.</exception>
    internal static ResultDirectory Create(FollowSettings settings)
    {
        string path = System.IO.Path.GetFullPath(settings.Output ?? DefaultName(settings));
        if (!settings.Options.Force && (Directory.Exists(path) || File.Exists(path)))
        {
            throw new StartUpException(
                $"result directory {path} exists already, and results are not overwritten; name another one with -o, or "
                + "say --force");
        }

        try
        {
            Directory.CreateDirectory(path, OwnerOnly);
            if ((File.GetAttributes(path) & FileAttributes.ReparsePoint) != 0)
                throw new StartUpException($"result directory {path} is a symbolic link; name its target with -o");

            // Found out now and not when the workload has ended.
            string probe = System.IO.Path.Combine(path, ".probe");
            File.WriteAllText(probe, "x");
            File.Delete(probe);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new StartUpException($"cannot write results to {path}: {e.Message}; name another directory with -o");
        }

        return new(path);
    }

    /// <summary>Takes the directory away again if nothing has been written to it: no run, no results.</summary>
    internal void RemoveIfEmpty()
    {
        if (!Directory.EnumerateFileSystemEntries(Path).Any())
            Directory.Delete(Path);
    }

    /// <summary>Where the results of a target's run go: NAME-PID-START below the service's directory.</summary>
    /// <param name="parent">The service's directory; null for systemd's state directory, or one in the working directory.</param>
    /// <param name="name">What the run is called.</param>
    /// <param name="pid">Its first process.</param>
    /// <param name="now">Its start, UTC.</param>
    internal static string ForTarget(string? parent, string name, int pid, DateTime now)
    {
        // systemd separates several of them by colons.
        string folder = parent ?? Environment.GetEnvironmentVariable("STATE_DIRECTORY")?.Split(':')[0] ?? "forkfollow-results";
        return System.IO.Path.Combine(
            folder, string.Create(CultureInfo.InvariantCulture, $"{Safe(name, "target")}-{pid}-{now:yyyyMMdd'T'HHmmssfff'Z'}"));
    }

    /// <summary>forkfollow-NAME-PID: the command's name and our own pid, or the target's.</summary>
    private static string DefaultName(FollowSettings settings)
    {
        int pid = settings.Launches ? Environment.ProcessId : settings.Processes[0].Pid;
        string name = settings.Launches ? System.IO.Path.GetFileName(settings.Command[0]) : CommOf(pid);
        return string.Create(CultureInfo.InvariantCulture, $"forkfollow-{Safe(name, "command")}-{pid}");
    }

    private static string Safe(string name, string otherwise)
    {
        string safe = string.Concat(name.Select(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '_' or '+' ? c : '_'));
        return safe.Trim('.').Length == 0 ? otherwise : safe;
    }

    private static string CommOf(int pid)
    {
        try
        {
            return File.ReadAllText($"/proc/{pid}/comm").TrimEnd('\n');
        }
        catch (IOException)
        {
            // No such process: the attempt to seize it will say so.
            return "pid";
        }
    }
}
