using System.Globalization;
using ForkFollow.Native;
using ForkFollow.Symbols;
using Microsoft.Win32.SafeHandles;

namespace ForkFollow.Collectors.Perf;

/// <summary>
/// Opens each executable once, when the first process that runs it is held at its exec: there is no later moment at which
/// it is sure to be there. One that was seen allocates nothing. Tracer thread.
/// </summary>
internal sealed class NewExecutables
{
    private readonly HashSet<FileIdentity> _seen = [];

    /// <summary>The executable of a process, if no process before ran it; null too if it cannot be opened.</summary>
    internal SafeFileHandle? Open(int pid, FileIdentity identity) => identity != default && _seen.Add(identity)
        ? RegularFile.Open(string.Create(CultureInfo.InvariantCulture, $"/proc/{pid}/exe"), out _)
        : null;
}
