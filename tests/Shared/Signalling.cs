using System.Runtime.InteropServices;

namespace ForkFollow.Tests;

/// <summary>kill(2), since the program kill is not on every machine.</summary>
internal static partial class Signalling
{
    internal static void Send(int pid, string name)
    {
        int number = name switch
        {
            "HUP" => 1,
            "INT" => 2,
            "KILL" => 9,
            "USR1" => 10,
            "TERM" => 15,
            "CONT" => 18,
            "STOP" => 19,
            _ => throw new ArgumentOutOfRangeException(nameof(name), name, "no signal that tests send"),
        };
        Assert.True(kill(pid, number) == 0, $"SIG{name} to {pid}: {Marshal.GetLastPInvokeErrorMessage()}");
    }

    /// <summary>Kills it, unless it is gone.</summary>
    internal static void TryKill(int pid) => _ = kill(pid, 9);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int kill(int pid, int signal);
}
