using System.Globalization;
using ForkFollow.Results;

namespace ForkFollow.Service;

/// <summary>Where the results of a run go.</summary>
internal static class RunDirectory
{
    /// <summary>Makes the directory of a run.</summary>
    /// <exception cref="StartUpException">It exists already, or cannot be made.</exception>
    internal static ResultDirectory Create(FollowSettings settings)
    {
        try
        {
            return ResultDirectory.Create(settings.Output ?? DefaultName(settings), settings.Options.Force, RunFiles.IsOurs);
        }
        catch (IOException e)
        {
            throw new StartUpException([e.Message]);
        }
    }

    /// <summary>Where the results of a target's run go: NAME-PID-START below the service's directory.</summary>
    /// <param name="parent">The service's directory; null for systemd's state directory, or one in the working directory.</param>
    /// <param name="name">What the run is called.</param>
    /// <param name="pid">Its first process.</param>
    /// <param name="now">Its start, UTC.</param>
    internal static string ForTarget(string? parent, string name, int pid, DateTime now)
    {
        return Path.Combine(
            FolderOfTargets(parent), string.Create(CultureInfo.InvariantCulture, $"{Safe(name, "target")}-{pid}-{now:yyyyMMdd'T'HHmmssfff'Z'}"));
    }

    /// <summary>Makes the directory that those of targets are made in; not the one above it.</summary>
    /// <returns>Why it is not there, with the remedy; null if it is.</returns>
    internal static string? MakeFolderOfTargets(string? parent)
    {
        string folder;
        try
        {
            folder = ResultDirectory.FullPath(FolderOfTargets(parent));
        }
        catch (IOException e)
        {
            return e.Message;
        }

        if (Path.GetDirectoryName(folder) is { } above && !Directory.Exists(above))
            return $"cannot write results to {folder}: there is no directory {above}; make it (mkdir -p), or name another one with -o";
        try
        {
            Directory.CreateDirectory(folder);
            return null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return $"cannot write results to {folder}: {(File.Exists(folder) ? "it is a file" : "it cannot be made")}; name another directory with -o";
        }
    }

    /// <summary>systemd separates several state directories by colons.</summary>
    private static string FolderOfTargets(string? named) =>
        named ?? Environment.GetEnvironmentVariable("STATE_DIRECTORY")?.Split(':')[0] ?? "forkfollow-results";

    /// <summary>forkfollow-NAME-PID: the command's name and our own pid, or the target's.</summary>
    private static string DefaultName(FollowSettings settings)
    {
        int pid = settings.Launches ? Environment.ProcessId : settings.Processes[0].Pid;
        string name = settings.Launches ? Path.GetFileName(settings.Command[0]) : CommOf(pid);
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
