using System.Diagnostics;
using System.Globalization;
using System.Text;
using ForkFollow.Native;

namespace ForkFollow.Telemetry;

/// <summary>
/// Reads the trace context in a process's environment, as its program was started with (/proc/PID/environ). What is there is
/// the workload's word: it is parsed by the rules of W3C Trace Context, and anything else is no context. One thread.
/// </summary>
internal sealed class TraceContextReader
{
    /// <summary>A larger environment is searched as far as this; ARG_MAX allows for more.</summary>
    internal const int MostBytes = 256 * 1024;

    /// <summary>What W3C asks everybody to pass on at least.</summary>
    private const int LongestState = 512;

    private const int LongestParent = 256;

    /// <summary>Of a traceparent, as far as version 00 goes.</summary>
    private const int Length = 55;

    private readonly byte[] _buffer = new byte[MostBytes];

    /// <summary>The context of TRACEPARENT in a process's environment; null if there is none, or the process is gone.</summary>
    /// <param name="pid">The process.</param>
    /// <param name="hangs">It cannot be read now, since the process hangs in the kernel.</param>
    internal ActivityContext? Read(int pid, out bool hangs)
    {
        ProcOutcome outcome = PatientFile.Read(
            string.Create(CultureInfo.InvariantCulture, $"/proc/{pid}/environ"), _buffer, out int length);
        hangs = outcome == ProcOutcome.Stuck;
        return outcome == ProcOutcome.Read ? Find(_buffer.AsSpan(0, length)) : null; // not ours to look at any more
    }

    /// <summary>The context in a block of NAME=value, each ended by a zero byte.</summary>
    internal static ActivityContext? Find(ReadOnlySpan<byte> environment)
    {
        ReadOnlySpan<byte> parent = ValueOf(environment, "TRACEPARENT="u8);
        if (parent.IsEmpty || parent.Length > LongestParent)
            return null;
        ReadOnlySpan<byte> state = ValueOf(environment, "TRACESTATE="u8);
        return Parse(
            Encoding.Latin1.GetString(parent),
            state.IsEmpty || state.Length > LongestState ? null : Encoding.Latin1.GetString(state));
    }

    /// <summary>Parses by the rules of W3C; null for anything else, also for ids of zeros.</summary>
    internal static ActivityContext? Parse(string? parent, string? state)
    {
        if (!IsTraceparent(parent))
            return null;
        if (state is not null && !state.All(char.IsAscii))
            state = null;
        // What a later version says besides, .NET takes for an error and W3C for none.
        return ActivityContext.TryParse(parent![..Length], state, isRemote: true, out ActivityContext context)
            && context.TraceId != default && context.SpanId != default
                ? context
                : null;
    }

    /// <summary>
    /// version "-" trace-id "-" parent-id "-" flags, lower-case hexadecimal. Version ff is not allowed; version 00 has nothing
    /// behind the flags, a later one may have more behind a dash.
    /// </summary>
    private static bool IsTraceparent(string? text)
    {
        if (text is null || text.Length < Length || text[2] != '-' || text[35] != '-' || text[52] != '-')
            return false;
        for (int i = 0; i < Length; i++)
        {
            if (i is not (2 or 35 or 52) && !char.IsAsciiHexDigitLower(text[i]))
                return false;
        }

        if (text.StartsWith("ff", StringComparison.Ordinal))
            return false;
        return text.Length == Length || (!text.StartsWith("00", StringComparison.Ordinal) && text[Length] == '-');
    }

    private static ReadOnlySpan<byte> ValueOf(ReadOnlySpan<byte> environment, ReadOnlySpan<byte> name)
    {
        while (!environment.IsEmpty)
        {
            int end = environment.IndexOf((byte)0);
            ReadOnlySpan<byte> one = end < 0 ? environment : environment[..end];
            if (one.StartsWith(name))
                return one[name.Length..];
            environment = end < 0 ? default : environment[(end + 1)..];
        }

        return default;
    }
}
