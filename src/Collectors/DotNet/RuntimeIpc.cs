using System.Buffers.Binary;
using System.Net.Sockets;

namespace ForkFollow.Collectors.DotNet;

/// <summary>What became of a request to resume.</summary>
internal enum ResumeOutcome
{
    /// <summary>The runtime has confirmed it.</summary>
    Resumed,

    /// <summary>The request lies in the runtime's socket, which answers nothing: it takes effect when its process runs.</summary>
    Sent,

    /// <summary>It could not be sent.</summary>
    Failed,
}

/// <summary>
/// The command ResumeRuntime of the diagnostics IPC protocol, by hand: DiagnosticsClient.ResumeRuntime has no deadline, and
/// nothing else may come between a suspended runtime and this. A runtime that does not wait confirms it too. Any thread.
/// </summary>
internal static class RuntimeIpc
{
    private const int HeaderSize = 20;
    private const int CommandSetAt = 16;
    private const byte ServerCommandSet = 0xFF;
    private const byte OkCommand = 0;

    /// <summary>Magic, size, command set Process, command ResumeRuntime, reserved.</summary>
    private static ReadOnlySpan<byte> ResumeMessage => "DOTNET_IPC_V1\0\x14\0\x04\x01\0\0"u8;

    /// <summary>Sends it and waits for the answer, each for a time.</summary>
    internal static ResumeOutcome Resume(string address, TimeSpan patience)
    {
        bool sent = false;
        try
        {
            using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified)
            {
                SendTimeout = (int)patience.TotalMilliseconds,
                ReceiveTimeout = (int)patience.TotalMilliseconds,
            };
            socket.Connect(new UnixDomainSocketEndPoint(address));
            socket.Send(ResumeMessage);
            sent = true;
            Span<byte> answer = stackalloc byte[HeaderSize];
            int got = 0;
            int more;
            while (got < HeaderSize && (more = socket.Receive(answer[got..])) > 0)
                got += more;
            bool whole = got == HeaderSize && BinaryPrimitives.ReadUInt16LittleEndian(answer[14..]) >= HeaderSize;
            return whole && answer[CommandSetAt] == ServerCommandSet && answer[CommandSetAt + 1] == OkCommand
                ? ResumeOutcome.Resumed
                : ResumeOutcome.Failed;
        }
        catch (SocketException e)
        {
            return sent && e.SocketErrorCode is SocketError.TimedOut or SocketError.WouldBlock
                ? ResumeOutcome.Sent
                : ResumeOutcome.Failed;
        }
    }
}
