using System.Net.Sockets;
using ForkFollow.Results;
using ForkFollow.Symbols;

namespace ForkFollow.Collectors.DotNet;

/// <summary>
/// Reads what one runtime tells through an event pipe, from its beginning to its end, live. The target writes the stream:
/// whatever is in it, reading neither throws nor hangs while the stream ends, and memory is bounded (a block has 4 MB at
/// most, methods 80 MB). What makes no sense ends the reading of events; the rest of the stream is still drained and copied,
/// since a runtime whose stream nobody reads would fill its buffer.
/// <para>
/// <see cref="Read"/> belongs to one thread; <see cref="Summary"/> and <see cref="BuildMethods"/> are for any.
/// </para>
/// </summary>
internal sealed class RuntimeReader : IRuntimeEventSink
{
    private const int ReadAtOnce = 32 << 10;
    private const int LongestText = 4096;

    private readonly Lock _lock = new();
    private readonly NetTraceReader _events;
    private readonly GcFigures _gc = new();
    private readonly JitFigures _jit = new();
    private readonly WaitFigures _waits = new();
    private readonly CounterSeries _counters;
    private string? _version;
    private string? _commandLine;
    private long _first;
    private long _last;
    private bool _complete;

    /// <param name="startTimestamp">The Stopwatch timestamp (nanoseconds) that times of ticks count from.</param>
    internal RuntimeReader(long startTimestamp)
    {
        _counters = new(startTimestamp);
        _events = new(this);
    }

    /// <summary>How many bytes came.</summary>
    internal long Bytes { get; private set; }

    /// <summary>Why the copy is not whole; null if it is, or none was asked for. After <see cref="Read"/>.</summary>
    internal string? CopyFault { get; private set; }

    /// <summary>What was told so far. A snapshot.</summary>
    internal RecordedDotNet Summary
    {
        get
        {
            lock (_lock)
            {
                return _waits.AddTo(new()
                {
                    Version = _version,
                    CommandLine = _commandLine,
                    WatchedNs = Math.Max(0, _last - _first),
                    Complete = _complete,
                    LostEvents = _events.Lost,
                    Gc = _gc.Summarize(),
                    Jit = _jit.Summarize(),
                    Counters = _counters.Summarize(),
                });
            }
        }
    }

    /// <summary>The methods that were told of so far.</summary>
    internal MethodMap BuildMethods()
    {
        lock (_lock)
            return _jit.Map.Build();
    }

    /// <summary>
    /// Hands over what was told to the results of a process: after <see cref="Read"/>, and before the profile session is
    /// ended.
    /// </summary>
    internal void HandOver(ProcessResult result)
    {
        result.DotNet = Summary;
        if (result.AwaitsMethods)
            result.GiveMethods(BuildMethods());
    }

    /// <summary>
    /// Reads until the stream ends: regularly, cut off by the death of the process, or closed by another thread.
    /// </summary>
    /// <param name="eventStream">The session's stream. Not closed.</param>
    /// <param name="copyTo">Takes all bytes as they come (a .nettrace file); null for no copy. Not closed.</param>
    internal void Read(Stream eventStream, Stream? copyTo)
    {
        using var copying = new CopyingStream(eventStream, copyTo);
        try
        {
            using var buffered = new BufferedStream(copying, ReadAtOnce);
            ReadObjects(new(buffered));
            byte[] rest = new byte[ReadAtOnce];
            while (copying.Read(rest) > 0)
            {
                // Only for the copy, and so that the runtime goes on.
            }
        }
        catch (Exception e) when (e is IOException or SocketException or ObjectDisposedException or OperationCanceledException)
        {
            // The connection is reset where the process is killed, and closed where the session is given up.
        }

        Bytes = copying.Bytes;
        CopyFault = copying.CopyFault;
    }

    /// <inheritdoc/>
    public void Take(in RuntimeEvent one)
    {
        if (_first == 0)
            _first = one.Time;
        _last = Math.Max(_last, one.Time);
        switch (one.Origin)
        {
            case EventOrigin.Runtime:
                _gc.Take(one);
                _jit.Take(one);
                _waits.Take(one);
                TakeStart(one);
                break;
            case EventOrigin.Rundown:
                _jit.TakeRundown(one);
                TakeStart(one);
                break;
            case EventOrigin.Counters:
                _counters.Take(one);
                break;
            case EventOrigin.Pipe when one.Id == 1: // ProcessInfo: command line, system, architecture
                _commandLine ??= Cut(new PayloadReader(one.Payload).Text());
                break;
            default:
                break;
        }
    }

    private static string? Cut(ReadOnlySpan<char> text) =>
        text.IsEmpty ? null : new(text[..Math.Min(text.Length, LongestText)]);

    private void ReadObjects(NetTraceStream stream)
    {
        while (true)
        {
            NetTraceObject type = stream.Read(out ReadOnlySpan<byte> content);
            lock (_lock)
            {
                _complete = stream.IsComplete;
                if (type == NetTraceObject.End)
                    return;
                _events.Take(type, content);
            }
        }
    }

    /// <summary>
    /// RuntimeInformation: u16 instance, kind; 4 u16 version of the class library, 4 u16 of the runtime; u32 flags, u8 how it
    /// was started; command line; 16 bytes; path.
    /// </summary>
    private void TakeStart(in RuntimeEvent one)
    {
        if (one.Id != 187)
            return;
        var fields = new PayloadReader(one.Payload);
        fields.Take(12);
        (ushort major, ushort minor, ushort build, ushort _) = (fields.U16(), fields.U16(), fields.U16(), fields.U16());
        fields.Take(5);
        string? commandLine = Cut(fields.Text());
        fields.Take(16);
        ReadOnlySpan<char> folder = Path.GetFileName(Path.GetDirectoryName(fields.Text()));
        if (fields.IsShort)
            return;
        _commandLine ??= commandLine;

        // …/Microsoft.NETCore.App/10.0.12/libcoreclr.so; what has a runtime of its own has the file version: 1226 is 12 in 2026.
        _version ??= folder.Length < 40 && folder.Count('.') >= 2 && char.IsAsciiDigit(folder[0])
            ? folder.ToString()
            : $"{major}.{minor}.{build / 100}";
    }
}
