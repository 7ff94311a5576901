using System.Net.Sockets;
using System.Text;
using ForkFollow.Collectors;
using ForkFollow.Follower;
using ForkFollow.Results;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace ForkFollow.Service.Tests;

/// <summary>AddForkFollow in a host of this process, on real processes that are not its children.</summary>
public sealed class LibraryTests : IDisposable
{
    /// <summary>It executes something at a line, and ends at the next one.</summary>
    private const string Shell = "read line; /bin/true; read line";

    private static readonly TimeSpan _deadline = TimeSpan.FromSeconds(30);

    private readonly string _folder = Directory.CreateTempSubdirectory("forkfollow-test-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    /// <summary>
    /// Without an answer of the tracer thread there is no sign of life: the service manager would kill us, and the kernel lets
    /// the target go, which is held meanwhile.
    /// </summary>
    [Fact]
    public async Task A_tracer_thread_that_is_stuck_gives_no_sign_of_life()
    {
        string notify = Path.Combine(_folder, "notify");
        using var socket = new Socket(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);
        socket.Bind(new UnixDomainSocketEndPoint(notify));
        var logger = new ListLogger();
        using var gate = new Gate();
        using Started shell = Orphan.Begin(Shell, out int pid);

        HostApplicationBuilder builder = Microsoft.Extensions.Hosting.Host.CreateEmptyApplicationBuilder(null);
        builder.Services.AddSingleton(new ServiceManager(
            logger, name => name switch { "NOTIFY_SOCKET" => notify, "WATCHDOG_USEC" => "200000", _ => null }));
        builder.Services.AddSingleton(gate);
        builder.Logging.Services.AddSingleton<Microsoft.Extensions.Logging.ILoggerProvider>(logger);
        builder.Services
            .AddForkFollow(options =>
            {
                options.Targets.Add(new() { Pid = pid });
                options.Output = Path.Combine(_folder, "out");
                options.Collect = [];
                options.ScanInterval = TimeSpan.FromMilliseconds(20);
            })
            .AddObserver<Gate.Keeper>();
        using IHost host = builder.Build();
        await host.StartAsync();
        await gate.Attached.Task.WaitAsync(_deadline);

        // It works as long as the observer returns.
        await UntilAsync(socket, "WATCHDOG=1");
        await shell.StandardInput.WriteLineAsync("go");
        await gate.Entered.Task.WaitAsync(_deadline);
        await Wait.UntilAsync(
            () => logger.Lines.Contains("no sign of life for the service manager: a tracer thread does not answer"), "it says that a tracer thread is stuck");

        gate.Leave.Set();
        while (socket.Available > 0)
            await ReceiveAsync(socket);
        await UntilAsync(socket, "WATCHDOG=1");
        await host.StopAsync();
        await shell.StandardInput.WriteLineAsync("end");
        await shell.EndedAsync();
        Assert.Single(Directory.GetFiles(_folder, "tree.json", SearchOption.AllDirectories));
    }

    [Fact]
    public async Task Pids_are_one_run_whose_end_stops_the_host()
    {
        using Started shell = Orphan.Begin(Shell, out int pid);
        var listener = new Listener();
        HostApplicationBuilder builder = Microsoft.Extensions.Hosting.Host.CreateEmptyApplicationBuilder(null);
        builder.Services.AddSingleton(listener);
        builder.Services
            .AddForkFollow(options =>
            {
                options.Pids = [pid];
                options.Output = Path.Combine(_folder, "out");
            })
            .AddListener<Listener>();
        using IHost host = builder.Build();
        await host.StartAsync();
        FollowedRun run = await listener.Begun.Task.WaitAsync(_deadline);
        await shell.StandardInput.WriteLineAsync("go");
        await shell.StandardInput.WriteLineAsync("end");
        await host.WaitForShutdownAsync().WaitAsync(_deadline);
        Assert.Equal(["began", "followed", "ended"], listener.Told);
        Assert.Equal(Path.Combine(_folder, "out"), run.Directory);
        Assert.Equal(2, run.Results.Count); // the shell, and what it runs at "go"
        Assert.Equal(0, host.Services.GetRequiredService<FollowOutcome>().ExitStatus);
        await shell.EndedAsync();
    }

    /// <summary>Nobody has thought of it: it is said in a line, it is no success, and the target knows nothing of it.</summary>
    [Fact]
    public async Task A_fault_of_ours_is_told_and_has_a_status_of_its_own()
    {
        using Started shell = Orphan.Begin(Shell, out int pid);
        var log = new ListLogger();
        HostApplicationBuilder builder = Microsoft.Extensions.Hosting.Host.CreateEmptyApplicationBuilder(null);
        builder.Logging.AddProvider(log);
        builder.Services
            .AddForkFollow(options =>
            {
                options.Pids = [pid];
                options.Output = Path.Combine(_folder, "out");
            })
            .AddObserver<NeverMade>();
        using IHost host = builder.Build();
        await host.StartAsync();
        await host.WaitForShutdownAsync().WaitAsync(_deadline);
        Assert.Equal(70, host.Services.GetRequiredService<FollowOutcome>().ExitStatus);
        Assert.Contains(log.Lines, line => line.StartsWith("internal fault: InvalidOperationException: not to be made", StringComparison.Ordinal));
        await shell.StandardInput.WriteLineAsync("go");
        await shell.StandardInput.WriteLineAsync("end");
        await shell.EndedAsync();
    }

    /// <summary>No descriptor left, say: who is followed is followed on, and what could not be looked for is found when it can be.</summary>
    [Fact]
    public async Task A_look_for_targets_that_fails_ends_neither_the_runs_nor_the_service()
    {
        using Started shell = Orphan.Begin(Shell, out int pid);
        string proc = Path.Combine(_folder, "proc");
        var log = new ListLogger();
        HostApplicationBuilder builder = Microsoft.Extensions.Hosting.Host.CreateEmptyApplicationBuilder(null);
        builder.Logging.AddProvider(log);
        builder.Services.AddSingleton(new ProcFolder(proc));
        builder.Services.AddForkFollow(options =>
        {
            options.Targets.Add(new() { Executable = "no-such-program" }); // all processes are looked at for it
            options.Targets.Add(new() { Pid = pid });
            options.Output = Path.Combine(_folder, "out");
            options.Collect = [];
            options.ScanInterval = TimeSpan.FromMilliseconds(20);
        });
        using IHost host = builder.Build();
        await host.StartAsync();
        await Wait.UntilAsync(() => log.Lines.Any(line => line.Contains("cannot be looked for", StringComparison.Ordinal)), "it is told");

        Directory.CreateSymbolicLink(proc, "/proc");
        await Wait.UntilAsync(() => log.Lines.Any(line => line.StartsWith("following ", StringComparison.Ordinal)), "the target is followed");
        File.Delete(proc);
        await Wait.UntilAsync(
            () => log.Lines.Count(line => line.Contains("cannot be looked for", StringComparison.Ordinal)) == 2, "it is told again, once");
        await host.StopAsync().WaitAsync(_deadline);
        Assert.Equal(0, host.Services.GetRequiredService<FollowOutcome>().ExitStatus);
        RecordedProcess process = TreeFile.Read(Assert.Single(Directory.GetFiles(_folder, TreeFile.Name, SearchOption.AllDirectories))).Processes[0];
        Assert.Equal((pid, "detached"), (process.Pid, process.End));
        await shell.StandardInput.WriteLineAsync("go");
        await shell.StandardInput.WriteLineAsync("end");
        await shell.EndedAsync();
    }

    /// <summary>Like a tracer thread that does not answer: a thread of a collector keeps the sign of life back.</summary>
    [Fact]
    public async Task A_thread_of_a_run_that_hangs_gives_no_sign_of_life()
    {
        using Started shell = Orphan.Begin(Shell, out int pid);
        var logger = new ListLogger();
        using var gate = new Gate();
        using var socket = new Socket(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);
        string notify = Path.Combine(_folder, "notify");
        socket.Bind(new UnixDomainSocketEndPoint(notify));
        HostApplicationBuilder builder = Microsoft.Extensions.Hosting.Host.CreateEmptyApplicationBuilder(null);
        builder.Services.AddSingleton(new ServiceManager(
            logger, name => name switch { "NOTIFY_SOCKET" => notify, "WATCHDOG_USEC" => "200000", _ => null }));
        builder.Services.AddSingleton(gate);
        builder.Logging.AddProvider(logger);
        builder.Services
            .AddForkFollow(options =>
            {
                options.Targets.Add(new() { Pid = pid });
                options.Output = Path.Combine(_folder, "out");
                options.Collect = [];
                options.ScanInterval = TimeSpan.FromMilliseconds(20);
            })
            .AddCollector<Gate.Hanger>();
        using IHost host = builder.Build();
        await host.StartAsync();
        await Wait.UntilAsync(() => logger.Lines.Any(line => line.StartsWith("following ", StringComparison.Ordinal)), "the target is followed");
        await shell.StandardInput.WriteLineAsync("go"); // what ends then is closed
        await gate.Entered.Task.WaitAsync(_deadline);
        const string Line = "no sign of life for the service manager: the thread closer does not come back from its work";
        await Wait.UntilAsync(() => logger.Lines.Contains(Line), "it says that the closer hangs");
        gate.Leave.Set();
        while (socket.Available > 0)
            await ReceiveAsync(socket);
        await UntilAsync(socket, "WATCHDOG=1");
        await host.StopAsync();
        await shell.StandardInput.WriteLineAsync("end");
        await shell.EndedAsync();
    }

    [Fact]
    public async Task An_observer_adds_to_the_results_of_a_process()
    {
        using Started shell = Orphan.Begin(Shell, out int pid);
        var listener = new Listener();
        HostApplicationBuilder builder = Microsoft.Extensions.Hosting.Host.CreateEmptyApplicationBuilder(null);
        builder.Services.AddSingleton(listener);
        builder.Services
            .AddForkFollow(options =>
            {
                options.Pids = [pid];
                options.Output = Path.Combine(_folder, "out");
                options.Formats = [];
            })
            .AddObserver<Adder>()
            .AddListener<Listener>();
        using IHost host = builder.Build();
        await host.StartAsync();
        FollowedRun run = await listener.Begun.Task.WaitAsync(_deadline);
        await shell.StandardInput.WriteLineAsync("go");
        await shell.StandardInput.WriteLineAsync("end");
        await host.WaitForShutdownAsync().WaitAsync(_deadline);
        await shell.EndedAsync();

        IReadOnlyList<RecordedProcess> processes = TreeFile.Read(Path.Combine(run.Directory, TreeFile.Name)).Processes;
        Assert.Equal(2, processes.Count);
        Assert.All(processes, process =>
        {
            Assert.Equal([new ResultValue("adder.code", 0), new ResultValue("adder.pid", process.Pid, "{pid}")], process.Values!);
            Assert.Equal("adder.table", Assert.Single(process.Tables!).Name);
        });
    }

    [Fact]
    public void Results_outside_of_a_run_are_refused_with_the_reason()
    {
        var services = new ServiceCollection();
        services.AddForkFollow();
        using ServiceProvider provider = services.BuildServiceProvider();
        using IServiceScope scope = provider.CreateScope();
        var fault = Assert.Throws<InvalidOperationException>(scope.ServiceProvider.GetRequiredService<RunResults>);
        Assert.StartsWith("RunResults are those of one run", fault.Message, StringComparison.Ordinal);
    }

    private static async Task<string> ReceiveAsync(Socket socket)
    {
        using var limit = new CancellationTokenSource(_deadline);
        var buffer = new byte[1000];
        return Encoding.UTF8.GetString(buffer, 0, await socket.ReceiveAsync(buffer, limit.Token));
    }

    private static async Task UntilAsync(Socket socket, string line)
    {
        using var limit = new CancellationTokenSource(_deadline);
        while (!(await ReceiveAsync(socket)).Split('\n').Contains(line))
            limit.Token.ThrowIfCancellationRequested(); // another state
    }

    /// <summary>Keeps the tracer thread at an exec until the test lets it go on.</summary>
    private sealed class Gate : IDisposable
    {
        internal TaskCompletionSource Attached { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        internal TaskCompletionSource Entered { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        internal ManualResetEventSlim Leave { get; } = new();

        public void Dispose() => Leave.Dispose();

        internal sealed class Keeper(Gate gate) : IFollowObserver
        {
            public void Attached(FollowedProcess process) => gate.Attached.TrySetResult();

            public void Execed(FollowedProcess process, in ExecView image)
            {
                gate.Entered.TrySetResult();
                gate.Leave.Wait(_deadline);
            }
        }

        internal sealed class Hanger : Collector
        {
            private readonly Gate _gate;

            public Hanger(Gate gate)
                : this(gate, parent: null)
            {
            }

            private Hanger(Gate gate, Collector? parent)
                : base(parent) => _gate = gate;

            public override string Name => "hanger";

            protected override Collector MakeAlike() => new Hanger(_gate, this);

            protected override bool OnOpen(FollowedProcess process) => true;

            protected override void OnClose(ProcessResult result)
            {
                _gate.Entered.TrySetResult();
                _gate.Leave.Wait(_deadline);
            }
        }
    }

    private sealed class Adder(RunResults results) : IFollowObserver
    {
        public void Exited(FollowedProcess process)
        {
            ProcessResult result = results.Find(process)!;
            result.SetValue("adder.code", process.Exit!.Code);
            result.SetValue("adder.pid", process.Pid, "{pid}");
            result.SetTable(new("adder.table", [new("n")], [[1], ["two"]]));
        }
    }

    private sealed class NeverMade : IFollowObserver
    {
        public NeverMade() => throw new InvalidOperationException("not to be made");
    }

    private sealed class Listener : IRunListener
    {
        internal TaskCompletionSource<FollowedRun> Begun { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        internal List<string> Told { get; } = [];

        public void Began(FollowedRun run)
        {
            Told.Add("began");
            Begun.SetResult(run);
        }

        public void Followed(FollowedRun run) => Told.Add("followed");

        public void Ended(FollowedRun run, RecordedRun recorded) => Told.Add("ended");
    }
}
