using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;

namespace Starter;

/// <summary>
/// <c>starter NAME [step…]</c> says a line, <c>NAME pid timestamp value</c>, with its Stopwatch timestamp at the start of Main
/// and its value of DOTNET_DefaultDiagnosticPortSuspend, and does the steps in turn: <c>to FILE</c> (says the line there),
/// <c>read FIFO</c> (waits until somebody opens and closes it), <c>run N ARG…</c> (starts a program of N words and waits),
/// <c>exec ARG…</c>, <c>exit N</c>.
/// </summary>
internal static partial class Program
{
    private static readonly long _begun;
    private static int _status;

    /// <summary>Throws, with a message that a trace from before Main has.</summary>
    static Program()
    {
        try
        {
            throw new InvalidOperationException("early-" + Environment.GetCommandLineArgs()[1] + ".");
        }
        catch (InvalidOperationException)
        {
            _begun = Stopwatch.GetTimestamp();
        }
    }

    private static int Main(string[] args)
    {
        string line = string.Create(
            CultureInfo.InvariantCulture,
            $"{args[0]} {Environment.ProcessId} {_begun} {Environment.GetEnvironmentVariable("DOTNET_DefaultDiagnosticPortSuspend")}\n");
        if (args is not [_, "to", ..])
            Say(line);
        for (int at = 1; at < args.Length;)
            at = Step(args, at, line);
        return _status;
    }

    private static int Step(string[] args, int at, string line)
    {
        switch (args[at])
        {
            case "to":
                File.WriteAllText(args[at + 1] + ".new", line);
                File.Move(args[at + 1] + ".new", args[at + 1]);
                return at + 2;
            case "read":
                using (var fifo = new FileStream(args[at + 1], FileMode.Open, FileAccess.Read, FileShare.ReadWrite))
                    fifo.CopyTo(Stream.Null);
                return at + 2;
            case "run":
                int words = int.Parse(args[at + 1], CultureInfo.InvariantCulture);
                using (Process child = Process.Start(args[at + 2], args[(at + 3)..(at + 2 + words)]))
                {
                    child.WaitForExit();
                    _status = (_status * 10) + child.ExitCode;
                }

                return at + 2 + words;
            case "exec":
                Exec(args[(at + 1)..]);
                return args.Length;
            case "exit":
                _status = (_status * 10) + int.Parse(args[at + 1], CultureInfo.InvariantCulture);
                return at + 2;
            default:
                throw new ArgumentException(args[at]);
        }
    }

    private static void Say(string line)
    {
        using Stream output = Console.OpenStandardOutput();
        output.Write(System.Text.Encoding.UTF8.GetBytes(line));
    }

    private static void Exec(string[] command)
    {
        var argv = new nint[command.Length + 1];
        for (int i = 0; i < command.Length; i++)
            argv[i] = Marshal.StringToCoTaskMemUTF8(command[i]);
        _ = execv(command[0], argv);
        throw new InvalidOperationException("execv failed");
    }

    [LibraryImport("libc", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int execv(string path, nint[] argv);
}
