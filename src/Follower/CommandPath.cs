using ForkFollow.Native;
using Tmds.Linux;

namespace ForkFollow.Follower;

/// <summary>Finds the file of a command as execvp(3) does.</summary>
internal static class CommandPath
{
    private const string DefaultPath = "/bin:/usr/bin";

    /// <summary>The path to execute.</summary>
    /// <exception cref="FollowException">There is none, or none that can be executed.</exception>
    internal static string Find(string command)
    {
        if (command.Length == 0)
            throw NotFound("''", "the name is empty");
        if (command.Contains('/', StringComparison.Ordinal))
        {
            Check(command, command);
            return command;
        }

        FollowException? denied = null;
        string path = Environment.GetEnvironmentVariable("PATH") ?? DefaultPath;
        foreach (string directory in path.Split(':'))
        {
            string candidate = Path.Combine(directory.Length == 0 ? "." : directory, command);
            if (!File.Exists(candidate))
                continue;
            try
            {
                Check(command, candidate);
                return candidate;
            }
            catch (FollowException e)
            {
                // As execvp: a later directory may still have one that can be executed.
                denied ??= e;
            }
        }

        throw denied ?? NotFound(command, "it is in no directory of PATH");
    }

    /// <summary>What an errno of execve(2) means for a command.</summary>
    internal static FollowException Explain(string command, int errno) => errno switch
    {
        Linux.ENOENT or Linux.ENOTDIR => NotFound(command, "it, or the interpreter that it names, does not exist"),
        _ => new($"cannot execute {command}: {Linux.Describe(errno)}", FollowFailure.CommandNotExecutable),
    };

    private static void Check(string command, string path)
    {
        if (Directory.Exists(path))
        {
            throw new FollowException(
                $"cannot execute {command}: {path} is a directory; name a program", FollowFailure.CommandNotExecutable);
        }

        if (!File.Exists(path))
            throw NotFound(command, "there is no such file");
        if (Linux.access(path, LibC.X_OK) < 0)
        {
            throw new FollowException(
                $"cannot execute {command}: {path} is not executable for us; chmod +x it, or name its interpreter",
                FollowFailure.CommandNotExecutable);
        }
    }

    private static FollowException NotFound(string command, string why) =>
        new($"cannot find {command}: {why}; check its name", FollowFailure.CommandNotFound);
}
