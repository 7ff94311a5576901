using System.Diagnostics;
using System.Globalization;
using System.IO.Pipes;

namespace ForkFollow.Follower.KernelTests;

/// <summary>The compiled programs of tests/Tracees.</summary>
internal static class Programs
{
    private static readonly string _folder = Path.GetFullPath(Metadata.Of("TraceeFolder"));

    internal static string PathOf(string name) => Path.Combine(_folder, name);
}

/// <summary>
/// A program that runs beside the session, to be attached to. It is not our own child, but that of a keeper: .NET waits
/// for the children that Process.Start makes, and would steal the stops of one that we trace (dotnet/runtime 133736).
/// The keeper also reports what an ordinary parent sees.
/// </summary>
internal sealed class Tracee : IDisposable
{
    private readonly Started _keeper;

    private Tracee(Started keeper, Deadline deadline)
    {
        _keeper = keeper;
        Output = new("output", keeper.StandardOutput.BaseStream, deadline);
        Parent = new("parent", keeper.StandardError.BaseStream, deadline);
    }

    internal int Pid { get; private set; }

    internal int KeeperPid => _keeper.Id;

    /// <summary>The program's stdout.</summary>
    internal Lines Output { get; }

    /// <summary>What its parent sees: "stopped 19", "continued", "exited 3", "killed 9".</summary>
    internal Lines Parent { get; }

    internal static async Task<Tracee> StartAsync(Deadline deadline, string program, params string[] arguments)
    {
        var start = new ProcessStartInfo(Programs.PathOf("keeper"))
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.ArgumentList.Add(Programs.PathOf(program));
        foreach (string argument in arguments)
            start.ArgumentList.Add(argument);
        var tracee = new Tracee(Started.Begin(start), deadline);
        string line = await tracee.Parent.NextAsync();
        Assert.StartsWith("pid ", line, StringComparison.Ordinal);
        tracee.Pid = int.Parse(line[4..], CultureInfo.InvariantCulture);
        return tracee;
    }

    internal void Send(string line)
    {
        _keeper.StandardInput.Write(line + "\n");
        _keeper.StandardInput.Flush();
    }

    public void Dispose() => _keeper.Dispose();
}

/// <summary>
/// Pipes to a program that is launched: it has the stdin and stdout of the test, and opens these by their name in our
/// fd directory instead.
/// </summary>
internal sealed class Pipes : IDisposable
{
    private readonly AnonymousPipeServerStream _in = new(PipeDirection.Out);
    private readonly AnonymousPipeServerStream _out = new(PipeDirection.In);
    private readonly AnonymousPipeServerStream _report = new(PipeDirection.In);

    internal Pipes(Deadline deadline)
    {
        Output = new("output", _out, deadline);
        Report = new("report", _report, deadline);
    }

    internal Lines Output { get; }

    internal Lines Report { get; }

    /// <summary>The first arguments of a tracee that uses them.</summary>
    internal string[] Arguments => ["-io", NameOf(_in), NameOf(_out)];

    internal string ReportPath => NameOf(_report);

    internal void Send(string line)
    {
        byte[] bytes = System.Text.Encoding.UTF8.GetBytes(line + "\n");
        _in.Write(bytes);
        _in.Flush();
    }

    public void Dispose()
    {
        // The readers end once nobody can write any more.
        _out.DisposeLocalCopyOfClientHandle();
        _report.DisposeLocalCopyOfClientHandle();
        _in.DisposeLocalCopyOfClientHandle();
        _in.Dispose();
    }

    private static string NameOf(AnonymousPipeServerStream pipe) => string.Create(
        CultureInfo.InvariantCulture, $"/proc/{Environment.ProcessId}/fd/{pipe.ClientSafePipeHandle.DangerousGetHandle()}");
}
