namespace ForkFollow.Collectors.Procfs;

/// <summary>A process at one moment, as it is kept until its end: 48 bytes, none of them on the heap.</summary>
/// <param name="Timestamp">When, as a Stopwatch timestamp.</param>
/// <param name="RssBytes">Resident memory.</param>
/// <param name="ReadBytes">Bytes read from storage so far; -1 if they may not be known.</param>
/// <param name="WriteBytes">Bytes written to storage so far; -1 if they may not be known.</param>
/// <param name="Threads">Threads.</param>
/// <param name="Fds">Open file descriptors; -1 if they may not be known.</param>
/// <param name="State">The state letter of /proc/PID/stat.</param>
internal readonly record struct Tick(
    long Timestamp, long RssBytes, long ReadBytes, long WriteBytes, int Threads, int Fds, byte State);
