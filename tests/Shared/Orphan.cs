using System.Diagnostics;
using System.Globalization;

namespace ForkFollow.Tests;

/// <summary>
/// A shell that is no child of ours, to be attached to: .NET waits for the children that it starts, and would steal the stops of
/// one that is traced (dotnet/runtime 133736).
/// </summary>
internal static class Orphan
{
    /// <summary>Starts one. It ends with its parent, which is returned, and reads what is written to that one's input.</summary>
    /// <param name="script">What it does.</param>
    /// <param name="pid">The shell that does it.</param>
    internal static Started Begin(string script, out int pid)
    {
        // The outer shell waits for it, so that .NET, whose child that one is, waits for the outer one alone. By 3, since a
        // shell gives /dev/null to what it runs in the background.
        Started outer = Started.Begin(new ProcessStartInfo("/bin/sh", ["-c", $"exec 3<&0; {{ {script}; }} <&3 & echo $!; wait"])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        });
        pid = int.Parse(outer.StandardOutput.Line()!, CultureInfo.InvariantCulture);
        return outer;
    }
}
