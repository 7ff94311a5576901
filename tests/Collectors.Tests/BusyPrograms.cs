using System.Diagnostics;
using System.Globalization;
using ForkFollow.Collectors.DotNet;
using Microsoft.Diagnostics.NETCore.Client;

namespace ForkFollow.Collectors.Tests;

/// <summary>Runs tests/Managed/Busy under a session of its event pipe.</summary>
internal static class BusyPrograms
{
    private static readonly TimeSpan _deadline = TimeSpan.FromSeconds(60);

    internal static string Path { get; } = System.IO.Path.GetFullPath(Metadata.Of("BusyProgram"));

    /// <summary>Runs it to its end.</summary>
    /// <param name="kill">It is killed once it has done its work, so that there is no rundown.</param>
    /// <param name="words">What it is to do.</param>
    /// <returns>What was read, what the program said of itself, and the raw bytes.</returns>
    internal static (RuntimeReader Reader, Dictionary<string, long> Own, byte[] Bytes) Run(bool kill, params string[] words)
    {
        using Started process = Start(words);
        EventPipeSession session = Open(process.Id);
        var reader = new RuntimeReader(Stopwatch.GetTimestamp());
        var copy = new MemoryStream();
        Thread thread = StartReading(reader, session, copy);
        process.StandardInput.WriteLine();
        string line = process.StandardOutput.Line()!;
        if (kill)
        {
            Thread.Sleep(500); // the runtime sends what it has each 0.1 s
            process.Kill();
        }
        else
        {
            process.StandardInput.WriteLine();
        }

        Assert.True(process.WaitForExit(_deadline));
        Assert.True(thread.Join(_deadline), "the stream did not end with the process");
        session.Dispose();
        return (reader, Parse(line), copy.ToArray());
    }

    internal static Thread StartReading(RuntimeReader reader, EventPipeSession session, Stream? copy)
    {
        var thread = new Thread(() => reader.Read(session.EventStream, copy)) { IsBackground = true };
        thread.Start();
        return thread;
    }

    internal static EventPipeSession Open(int pid, int bufferMb = 64, int choice = 0) =>
        new DiagnosticsClient(pid).StartEventPipeSession(RuntimeProviders.Sessions(fromStart: false, bufferMb)[choice]);

    internal static Started Start(params string[] words)
    {
        Started process = Started.Begin(new ProcessStartInfo(Path, words)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        });
        Assert.Equal("ready", process.StandardOutput.Line());
        return process;
    }

    internal static Dictionary<string, long> Parse(string line) => line.Split(' ').Select(word => word.Split('='))
        .ToDictionary(pair => pair[0], pair => long.Parse(pair[1], CultureInfo.InvariantCulture));
}
