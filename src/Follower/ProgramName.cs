using System.Text;

namespace ForkFollow.Follower;

/// <summary>
/// What a program is called, the one rule for all that shows it (docs/results.md, "Names"): the file that was executed, by the name
/// that it was called by, if that is one. A link's own name, so <c>gcc</c>, not <c>x86_64-linux-gnu-gcc-12</c>; of a script its interpreter's.
/// <para>
/// The kernel keeps 15 bytes of that name from the exec itself (comm); nobody can lie there, so it is the judge of <c>argv[0]</c>, which
/// anybody may set: <c>-bash</c> of a login shell, <c>doesnotexist</c> of a test, <c>ls</c> of what busybox starts as <c>/proc/self/exe</c>.
/// </para>
/// </summary>
internal static class ProgramName
{
    private const string Deleted = " (deleted)";

    /// <summary>TASK_COMM_LEN without its zero byte.</summary>
    private const int CommBytes = 15;

    /// <summary>An interpreter may be a script itself, to this depth (exec_binprm in the kernel's exec.c); each may have an option.</summary>
    private const int FarthestScript = 10;

    /// <summary>The name; never empty unless nothing is known.</summary>
    /// <param name="path">The file, as the kernel names it.</param>
    /// <param name="arguments">The first arguments.</param>
    /// <param name="comm">The command name as the exec has set it; empty if it was not seen then.</param>
    internal static string Of(string path, IEnumerable<string> arguments, string comm)
    {
        string file = FileOf(path);

        // What was executed by a descriptor or through /proc/self/exe is called by no name of a file (fexecve(3)).
        if (file.Length > 0 && (comm is "" or "exe" || comm.All(char.IsAsciiDigit)))
            return file;
        string[] first = [.. arguments.Take(FarthestScript)];
        string called = first.Length > 0 ? FileOf(first[0]) : "";
        foreach (string name in (ReadOnlySpan<string>)[called, file, called.TrimStart('-')])
        {
            if (IsCut(name, comm))
                return name;
        }

        // #!: the kernel has put the interpreter's path and the script's own before the arguments.
        if (called.Length > 0 && first[0].Contains('/', StringComparison.Ordinal) && first.Skip(1).Any(one => IsCut(FileOf(one), comm)))
            return called;
        return file.Length > 0 && Encoding.UTF8.GetByteCount(comm) >= CommBytes ? file : comm;
    }

    private static string FileOf(string path) =>
        Path.GetFileName(path.EndsWith(Deleted, StringComparison.Ordinal) ? path[..^Deleted.Length] : path);

    /// <summary>Whether comm is what the kernel keeps of a name.</summary>
    private static bool IsCut(string name, string comm)
    {
        if (name.Length == 0 || Encoding.UTF8.GetByteCount(name) <= CommBytes)
            return name.Length > 0 && name == comm;
        return Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(name).AsSpan(0, CommBytes)) == comm;
    }
}
