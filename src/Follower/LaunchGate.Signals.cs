using ForkFollow.Native;
using Tmds.Linux;

namespace ForkFollow.Follower;

/// <summary>
/// The command ignores and blocks what we were started with (nohup, a shell's trap ''), whatever the runtime has made of it.
/// posix_spawn can make signals default and set a mask; but what is to be ignored must be ignored by us at the moment in
/// which the child is made. So those are, for that moment: whoever started us wanted no effect of them anyway.
/// </summary>
internal sealed unsafe partial class LaunchGate
{
    /// <summary>Ignores what the command is to ignore and we do not. Returns the set of them; their handlers are kept.</summary>
    private ulong IgnoreWhatItIgnores(Span<kernel_sigaction> handlers)
    {
        kernel_sigaction ignore = new() { handler = Linux.SIG_IGN };
        ulong taken = 0;
        for (int signal = 1; signal <= Linux.SIGRTMAX; signal++)
        {
            kernel_sigaction now;
            if (!Has(_signals.Ignored, signal) || Linux.rt_sigaction(signal, null, &now) != 0 || now.handler == Linux.SIG_IGN
                || Linux.rt_sigaction(signal, &ignore, null) != 0)
            {
                continue;
            }

            handlers[signal] = now;
            taken |= Bit(signal);
        }

        return taken;
    }

    private static void HandleAgain(ulong taken, ReadOnlySpan<kernel_sigaction> handlers)
    {
        for (int signal = 1; signal <= Linux.SIGRTMAX; signal++)
        {
            kernel_sigaction now;

            // Somebody else may have set a handler meanwhile: that one stays.
            if (!Has(taken, signal) || Linux.rt_sigaction(signal, null, &now) != 0 || now.handler != Linux.SIG_IGN)
                continue;
            kernel_sigaction before = handlers[signal];
            _ = Linux.rt_sigaction(signal, &before, null);
        }
    }

    /// <summary>What is not ignored is default, also what the runtime and libc ignore or handle for themselves. Returns an errno.</summary>
    private int SetSignals(posix_spawnattr_t* attributes)
    {
        sigset_t defaults = default;
        sigset_t blocked = default;
        for (int signal = 1; signal <= Linux.SIGRTMAX; signal++)
        {
            if (!Has(_signals.Ignored, signal))
                defaults.Add(signal);
            if (Has(_signals.Blocked, signal))
                blocked.Add(signal);
        }

        int errno = Linux.posix_spawnattr_setsigdefault(attributes, &defaults);
        if (errno == 0)
            errno = Linux.posix_spawnattr_setsigmask(attributes, &blocked);
        return errno != 0
            ? errno
            : Linux.posix_spawnattr_setflags(attributes, Linux.POSIX_SPAWN_SETSIGDEF | Linux.POSIX_SPAWN_SETSIGMASK);
    }

    private static ulong Bit(int signal) => 1UL << (signal - 1);

    private static bool Has(ulong set, int signal) => (set & Bit(signal)) != 0;
}
