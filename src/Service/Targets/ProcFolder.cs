using System.Buffers;
using System.Globalization;
using System.Text;
using ForkFollow.Follower;
using ForkFollow.Native;

namespace ForkFollow.Service;

/// <summary>Reads what is needed to find targets from /proc, or from a folder that looks like it. Any thread.</summary>
internal sealed class ProcFolder(string root)
{
    private const int LongestArguments = 128 * 1024;

    /// <summary>All processes, in no order.</summary>
    internal IEnumerable<int> List()
    {
        foreach (string folder in Directory.EnumerateDirectories(root))
        {
            if (TryParsePid(Path.GetFileName(folder.AsSpan()), out int pid))
                yield return pid;
        }
    }

    /// <summary>A process' start and parent. False if it is gone, or dead and not reaped.</summary>
    internal bool TryRead(int pid, out ProcessIdentity identity, out int parent)
    {
        identity = default;
        parent = 0;

        // Fields are counted from 1 in proc(5); those that are parsed begin with the parent, field 4. The start is field 22.
        Span<long> fields = stackalloc long[22 - 4 + 1];
        if (!ProcFile.ParseStat(ReadBytes(pid, "stat"), out char state, fields) || state is 'Z' or 'X' or 'x')
            return false;
        parent = (int)fields[0];
        identity = new(pid, fields[^1]);
        return true;
    }

    /// <summary>The full path of its program; null for a kernel thread, for one that is gone, and if that is hidden.</summary>
    internal string? Executable(int pid)
    {
        try
        {
            // Not ResolveLinkTarget: the text of the link is what is wanted, even if the file is gone.
            return new FileInfo(PathOf(pid, "exe")).LinkTarget;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <summary>
    /// Its arguments with a space between, as far as a pattern may look; empty if it has none, or is gone. Null if it hangs in the
    /// kernel, so that who reads them would hang too.
    /// </summary>
    internal string? Arguments(int pid)
    {
        byte[] bytes = ArrayPool<byte>.Shared.Rent(LongestArguments);
        bool hangs = PatientFile.Read(PathOf(pid, "cmdline"), bytes, out int length) == ProcOutcome.Stuck;
        string? text = hangs ? null : Encoding.UTF8.GetString(bytes, 0, length).TrimEnd('\0').Replace('\0', ' ');
        ArrayPool<byte>.Shared.Return(bytes);
        return text;
    }

    /// <summary>Its name, at most 15 characters.</summary>
    internal string Comm(int pid) => Encoding.UTF8.GetString(ReadBytes(pid, "comm")).TrimEnd('\n');

    /// <summary>The thread that traces it; 0 if none does.</summary>
    internal int Tracer(int pid) => (int)ProcFile.Field(ReadBytes(pid, "status"), "TracerPid:"u8);

    /// <summary>Whether a thread is one of ours.</summary>
    internal bool IsOurs(int tid) =>
        Directory.Exists(string.Create(CultureInfo.InvariantCulture, $"{root}/{Environment.ProcessId}/task/{tid}"));

    /// <summary>Its user and privileges, as a text that changes if they do.</summary>
    internal string Credentials(int pid) => string.Join(
        ' ',
        Encoding.ASCII.GetString(ReadBytes(pid, "status")).Split('\n')
            .Where(line => line.StartsWith("Uid:", StringComparison.Ordinal) || line.StartsWith("CapPrm:", StringComparison.Ordinal)));

    internal static bool TryParsePid(ReadOnlySpan<char> text, out int pid) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out pid) && pid > 0;

    private string PathOf(int pid, string file) => string.Create(CultureInfo.InvariantCulture, $"{root}/{pid}/{file}");

    private byte[] ReadBytes(int pid, string file)
    {
        try
        {
            return File.ReadAllBytes(PathOf(pid, file));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return []; // gone, or hidden from us
        }
    }
}
