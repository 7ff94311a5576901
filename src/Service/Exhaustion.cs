using ForkFollow.Native;

namespace ForkFollow.Service;

/// <summary>What a machine or a limit denies at any place: descriptors, memory.</summary>
public static class Exhaustion
{
    /// <summary>A line with what is lacking and the remedy, if that is behind an exception; null if not.</summary>
    public static string? Of(Exception fault)
    {
        for (Exception? one = fault; one is not null; one = one.InnerException)
        {
            if (one is OutOfMemoryException or IOException { HResult: Linux.ENOMEM })
                return $"there is not enough memory: {one.Message.ReplaceLineEndings(" ")}; free some, or raise the limit (ulimit -v, the container's)";
            if (one is IOException { HResult: Linux.EMFILE or Linux.ENFILE })
                return $"there are not enough open files: {one.Message.ReplaceLineEndings(" ")}; raise the hard limit (ulimit -Hn)";
        }

        return null;
    }
}
