using System.Runtime.InteropServices;

namespace ForkFollow.Results;

/// <summary>Where tests put faults: before each call to the system that may be refused.</summary>
internal static class FileFaults
{
    /// <summary>Asked on this flow of control before each call: gives its errno, or 0 to let it be done. Null in the product.</summary>
    internal static AsyncLocal<Func<int>?> Next { get; } = new();

    /// <summary>Whether the call is to fail; errno is set.</summary>
    internal static bool Strikes()
    {
        int errno = Next.Value?.Invoke() ?? 0;
        if (errno != 0)
            Marshal.SetLastPInvokeError(errno);
        return errno != 0;
    }
}
