using System.Buffers.Binary;
using System.Net.Sockets;
using System.Text;

namespace ForkFollow.Collectors.DotNet;

/// <summary>What became of a request.</summary>
internal enum IpcOutcome
{
    /// <summary>The runtime has confirmed it.</summary>
    Done,

    /// <summary>The request lies in the runtime's socket, which answers nothing: it takes effect when its process runs.</summary>
    Sent,

    /// <summary>The runtime refuses it.</summary>
    Refused,

    /// <summary>It could not be sent.</summary>
    Failed,
}

/// <summary>
/// Two commands of the diagnostics IPC protocol, by hand: DiagnosticsClient's have no deadlines, and nothing else may come
/// between a suspended runtime and its resuming. Any thread.
/// </summary>
internal static class RuntimeIpc
{
    private const int HeaderSize = 20;
    private const int SizeAt = 14;
    private const int CommandSetAt = 16;
    private const byte ProcessCommandSet = 4;
    private const byte ResumeRuntimeCommand = 1;
    private const byte SetEnvironmentVariableCommand = 3;
    private const byte ServerCommandSet = 0xFF;
    private const byte OkCommand = 0;

    private static readonly byte[] _resume = Message(ResumeRuntimeCommand, []);

    /// <summary>Lets a suspended runtime go on. One that does not wait confirms it too.</summary>
    internal static IpcOutcome Resume(string address, TimeSpan patience) => Send(address, _resume, patience);

    /// <summary>Sets a variable in the runtime's own copy of its environment, which managed code and its children have.</summary>
    internal static IpcOutcome SetVariable(string address, string name, string value, TimeSpan patience) =>
        Send(address, Message(SetEnvironmentVariableCommand, [.. Text(name), .. Text(value)]), patience);

    /// <summary>Sends a request and waits for the answer, each for a time.</summary>
    private static IpcOutcome Send(string address, byte[] message, TimeSpan patience)
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
            socket.Send(message);
            sent = true;
            Span<byte> answer = stackalloc byte[HeaderSize];
            int got = 0;
            int more;
            while (got < HeaderSize && (more = socket.Receive(answer[got..])) > 0)
                got += more;
            if (got < HeaderSize)
                return IpcOutcome.Failed;
            return answer[CommandSetAt] == ServerCommandSet && answer[CommandSetAt + 1] == OkCommand
                ? IpcOutcome.Done
                : IpcOutcome.Refused;
        }
        catch (SocketException e)
        {
            return sent && e.SocketErrorCode is (SocketError.TimedOut or SocketError.WouldBlock)
                ? IpcOutcome.Sent
                : IpcOutcome.Failed;
        }
    }

    /// <summary>Magic, size, command set, command, two reserved bytes, payload.</summary>
    private static byte[] Message(byte command, byte[] payload)
    {
        byte[] message = [.. "DOTNET_IPC_V1\0"u8, 0, 0, ProcessCommandSet, command, 0, 0, .. payload];
        BinaryPrimitives.WriteUInt16LittleEndian(message.AsSpan(SizeAt), (ushort)message.Length);
        return message;
    }

    /// <summary>The number of UTF-16 units with the zero at the end, and these.</summary>
    private static byte[] Text(string text)
    {
        byte[] bytes = [0, 0, 0, 0, .. Encoding.Unicode.GetBytes(text), 0, 0];
        BinaryPrimitives.WriteUInt32LittleEndian(bytes, (uint)text.Length + 1);
        return bytes;
    }
}
