using System.Buffers.Text;
using ForkFollow.Native;

namespace ForkFollow.Follower;

/// <summary>
/// Set-id programs. execve(2) gives them no privileges, among other cases, if a tracer is there that had no CAP_SYS_PTRACE when it
/// began: that is our doing. It does not either under no_new_privs, nor from a mount with nosuid: so it would be without us.
/// </summary>
internal sealed unsafe partial class LinuxKernel
{
    private const uint SetUid = 0x800;
    private const uint SetGid = 0x400;
    private const ulong SysPtrace = 1UL << 19;

    /// <summary>Field 6 of a line of /proc/PID/mountinfo, counted from 0.</summary>
    private const int MountOptions = 5;

    /// <inheritdoc/>
    public bool TakesPrivileges(int pid)
    {
        if ((_file.stx_mode & (SetUid | SetGid)) == 0 || _sparesPrivileges)
            return false;

        ProcFile.Read(pid, "status"u8, _proc, out ReadOnlySpan<byte> status);
        bool lacks = ((_file.stx_mode & SetUid) != 0 && ProcFile.EffectiveId(status, "\nUid:"u8) != _file.stx_uid)
            || ((_file.stx_mode & SetGid) != 0 && ProcFile.EffectiveId(status, "\nGid:"u8) != _file.stx_gid);
        if (!lacks || ProcFile.Field(status, "\nNoNewPrivs:"u8) != 0)
            return false;
        ProcFile.Read(pid, "mountinfo"u8, _proc, out ReadOnlySpan<byte> mounts);
        return !IsNoSuid(mounts, _file.stx_mnt_id);
    }

    /// <summary>Whether a mount is listed, by its id, with the option nosuid. Not asked of the file system, whose server may hang.</summary>
    internal static bool IsNoSuid(ReadOnlySpan<byte> mountInfo, ulong id)
    {
        foreach (Range line in mountInfo.Split((byte)'\n'))
        {
            ReadOnlySpan<byte> text = mountInfo[line];
            if (!Utf8Parser.TryParse(text, out ulong one, out int digits) || one != id || digits == text.Length || text[digits] != ' ')
                continue;
            int field = 0;
            foreach (Range part in text.Split((byte)' '))
            {
                if (field++ == MountOptions)
                    return HasOption(text[part], "nosuid"u8);
            }
        }

        return false;
    }

    private static bool HasOption(ReadOnlySpan<byte> options, ReadOnlySpan<byte> name)
    {
        foreach (Range option in options.Split((byte)','))
        {
            if (options[option].SequenceEqual(name))
                return true;
        }

        return false;
    }

    private static bool HasSysPtrace(ProcBuffer buffer)
    {
        ProcFile.Read(Environment.ProcessId, "status"u8, buffer, out ReadOnlySpan<byte> status);
        ReadOnlySpan<byte> key = "\nCapEff:\t"u8;
        int at = status.IndexOf(key);
        return at >= 0 && Utf8Parser.TryParse(status[(at + key.Length)..], out ulong effective, out _, 'x') && (effective & SysPtrace) != 0;
    }
}
