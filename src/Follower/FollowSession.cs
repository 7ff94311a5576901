using System.Diagnostics;
using System.Globalization;
using ForkFollow.Native;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Tmds.Linux;

namespace ForkFollow.Follower;

/// <summary>
/// Follows one tree of processes: launched, or seized while it runs. All members may be called from any thread.
/// <para>One thread of its own does the tracing; an idle session uses no CPU. The targets of one session are let go
/// together: to let go of one tree and keep another, use two sessions.</para>
/// </summary>
public sealed class FollowSession : IAsyncDisposable
{
    private const int LongestCommandLine = 128 * 1024;

    private readonly Mailbox _mailbox = new();
    private readonly TaskCompletionSource<Tracer> _ready = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _finished = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly OnExit _onExit;
    private readonly QueuedLogger _logger;
    private readonly bool _ownsLogger;
    private Tracer _tracer = null!;
    private int _tracerTid;

    private FollowSession(OnExit onExit, ILogger? logger)
    {
        _onExit = onExit;
        _ownsLogger = logger is not QueuedLogger;
        _logger = logger as QueuedLogger ?? new(logger ?? NullLogger.Instance);
        Completion = CompleteAsync();
    }

    /// <summary>When the session began: a Stopwatch timestamp (CLOCK_MONOTONIC, nanoseconds).</summary>
    public long StartTimestamp { get; } = Stopwatch.GetTimestamp();

    /// <summary>The launched process; null for a session that attached.</summary>
    public FollowedProcess? Root => _tracer.Root;

    /// <summary>What the follower did, and what it could not do.</summary>
    public FollowerFigures Figures => _tracer.Figures;

    /// <summary>Completes when the launched process has ended; never for a session that attached.</summary>
    public Task RootEnded => _tracer.RootGone.Task;

    /// <summary>
    /// Completes when following has ended: nobody is left, or everything was let go. The kernel has detached all
    /// tracees by then.
    /// </summary>
    public Task Completion { get; }

    /// <summary>Starts a command and follows it. Returns when it is about to execute its first instruction.</summary>
    /// <param name="options">What to start.</param>
    /// <param name="observer">Is told of each process.</param>
    /// <param name="logger">
    /// Takes what the follower tells, through a <see cref="QueuedLogger"/>: it may take its time. Nobody if null.
    /// </param>
    /// <param name="figures">Takes counts and the ledger; made anew if null.</param>
    /// <exception cref="FollowException">It cannot be found, executed or seized. Nothing runs then.</exception>
    public static async Task<FollowSession> LaunchAsync(
        LaunchOptions options, IFollowObserver observer, ILogger? logger = null, FollowerFigures? figures = null)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(observer);
        string path = CommandPath.Find(options.Command[0]);
        try
        {
            return await LaunchAsync(path, options.Command, options, observer, logger, figures).ConfigureAwait(false);
        }
        catch (ExecFormatException)
        {
            // A script with no interpreter line: a shell runs it, as execvp(3) does.
            string[] arguments = ["sh", path, .. options.Command.Skip(1)];
            return await LaunchAsync("/bin/sh", arguments, options, observer, logger, figures).ConfigureAwait(false);
        }
    }

    /// <summary>
    /// Seizes running processes and follows them. Targets that cannot be seized are entered in the ledger; the
    /// others are followed. None is interrupted by it.
    /// </summary>
    /// <param name="options">What to seize.</param>
    /// <param name="observer">Is told of each process.</param>
    /// <param name="logger">
    /// Takes what the follower tells, through a <see cref="QueuedLogger"/>: it may take its time. Nobody if null.
    /// </param>
    /// <param name="figures">Takes counts and the ledger; made anew if null.</param>
    /// <exception cref="FollowException">None of the targets can be seized.</exception>
    public static async Task<FollowSession> AttachAsync(
        AttachOptions options, IFollowObserver observer, ILogger? logger = null, FollowerFigures? figures = null)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(observer);
        var session = new FollowSession(OnExit.Detach, logger);
        session.StartThread(observer, figures, tracer =>
        {
            List<LedgerEntry> refusals = tracer.Attach(options);
            if (!tracer.HasFollowed)
                throw new FollowException(string.Join('\n', refusals.Select(refusal => refusal.Text)));
        });
        session._tracer = await session._ready.Task.ConfigureAwait(false);
        await Task.Run(session.ReadCommandLinesAsync).ConfigureAwait(false);
        return session;
    }

    /// <summary>Of those that ran before us. Not on the tracer thread, since it may block (<see cref="PatientFile"/>).</summary>
    private async Task ReadCommandLinesAsync()
    {
        var read = new List<(FollowedProcess Process, byte[]? CommandLine)>();
        byte[] buffer = new byte[LongestCommandLine];
        foreach (FollowedProcess process in _tracer.Attached)
        {
            if (!process.TryEnter())
                continue;
            ProcOutcome outcome = PatientFile.Read($"/proc/{process.Pid}/cmdline", buffer, out int length);
            process.Leave();
            if (outcome is ProcOutcome.Read or ProcOutcome.Stuck)
                read.Add((process, outcome == ProcOutcome.Read ? buffer[..length] : null));
        }

        bool isSet = await _mailbox.PostAsync(
            () =>
            {
                _tracer.SetCommandLines(read);
                return true;
            },
            ifClosed: false).ConfigureAwait(false);
        if (!isSet)
            _tracer.SetCommandLines(read); // its thread has ended
    }

    /// <summary>
    /// Lets one process go; it lives on. Its threads are interrupted for it (a blocked epoll_wait returns EINTR), and
    /// what it forks from now on is not followed.
    /// </summary>
    /// <returns>False if it is not followed any more. It is free once its end is <see cref="ProcessEnd.Detached"/>.</returns>
    public Task<bool> LetGoAsync(FollowedProcess process) =>
        _mailbox.PostAsync(() => _tracer.LetGo(process), ifClosed: false);

    /// <summary>Takes back <see cref="LetGoAsync"/>, if it has not begun to take effect.</summary>
    /// <returns>Whether the process stays followed.</returns>
    public Task<bool> KeepAsync(FollowedProcess process) =>
        _mailbox.PostAsync(() => _tracer.Keep(process), ifClosed: false);

    /// <summary>The processes that are followed now, in no order.</summary>
    public Task<IReadOnlyList<FollowedProcess>> ListAsync() =>
        _mailbox.PostAsync<IReadOnlyList<FollowedProcess>>(() => [.. _tracer.Processes], ifClosed: []);

    /// <summary>
    /// Ends following: an attached tree, and a launched one with <see cref="OnExit.Detach"/>, lives on as if nothing
    /// had been; another one is killed. Await <see cref="Completion"/> behind it.
    /// </summary>
    public async Task EndAsync()
    {
        await _mailbox.PostAsync(
            () =>
            {
                if (_onExit == OnExit.Kill)
                    _tracer.EndByKilling();
                else
                    _tracer.EndByDetaching();
                return true;
            },
            ifClosed: false).ConfigureAwait(false);
    }

    /// <summary>Sends a signal to the launched process, as kill(1) would. Does nothing once it has ended.</summary>
    public Task SignalRootAsync(int signal) => _mailbox.PostAsync(
        () => Root is { End: ProcessEnd.Alive } root && LibC.kill(root.Pid, signal) == 0, ifClosed: false);

    /// <summary>Ends following if it has not ended, and waits for it.</summary>
    public async ValueTask DisposeAsync()
    {
        await EndAsync().ConfigureAwait(false);
        await Completion.ConfigureAwait(false);
    }

    private static async Task<FollowSession> LaunchAsync(
        string path,
        IReadOnlyList<string> arguments,
        LaunchOptions options,
        IFollowObserver observer,
        ILogger? logger,
        FollowerFigures? figures)
    {
        var session = new FollowSession(options.OnExit, logger);
        using var gate = new LaunchGate(
            path, arguments, options.Environment, options.EnvironmentOverrides, InheritedSignals.Current);
        session.StartThread(observer, figures, tracer => EnterGate(tracer, gate, options));
        session._tracer = await session._ready.Task.ConfigureAwait(false);
        await Task.WhenAny(session._tracer.RootStarted.Task, session.Completion).ConfigureAwait(false);
        if (session._tracer.RootStarted.Task.IsCompleted)
            return session;

        await session.Completion.ConfigureAwait(false);
        int errno = gate.Join();
        throw errno switch
        {
            Linux.ENOEXEC => new ExecFormatException(),
            0 => new FollowException($"{path} was killed before it could execute; start it again"),
            _ => CommandPath.Explain(options.Command[0], errno),
        };
    }

    private static void EnterGate(Tracer tracer, LaunchGate gate, LaunchOptions options)
    {
        int pid = gate.Start();
        if (pid == 0)
            throw CommandPath.Explain(options.Command[0], gate.Join());
        int errno = tracer.SeizeGate(pid, options);
        if (errno != 0)
        {
            _ = LibC.kill(pid, Linux.SIGKILL);
            if (tracer.WhoTracesUs() is { } other)
            {
                throw new FollowException(
                    $"cannot follow a command: we are traced ourselves by {other}, which traces all that we start, and a process has one "
                    + "tracer; start forkfollow without it");
            }

            throw new FollowException(string.Create(
                CultureInfo.InvariantCulture,
                $"cannot trace our own child: PTRACE_SEIZE failed: {Linux.Describe(errno)}; a seccomp filter of the "
                + $"container, or kernel.yama.ptrace_scope 3, forbids ptrace (forkfollow doctor tells)"));
        }

        LaunchGate.RestoreFileLimit(pid);
        try
        {
            gate.Open();
        }
        catch (FollowException)
        {
            _ = LibC.kill(pid, Linux.SIGKILL); // nobody else would ever let it through
            throw;
        }
    }

    private void StartThread(IFollowObserver observer, FollowerFigures? figures, Action<Tracer> begin)
    {
        var thread = new Thread(() => Trace(observer, figures, begin)) { Name = "tracer", IsBackground = true };
        thread.Start();
    }

    /// <summary>The tracer thread.</summary>
    private void Trace(IFollowObserver observer, FollowerFigures? figures, Action<Tracer> begin)
    {
        using var kernel = new LinuxKernel();
        _tracerTid = kernel.TracerTid;
        try
        {
            _mailbox.Open();
            var tracer = new Tracer(kernel, observer, _logger, new PollGovernor(), _mailbox, figures);
            begin(tracer);
            _ready.SetResult(tracer);
            tracer.Run();
            _mailbox.Close();
            _finished.SetResult();
        }
        catch (Exception e)
        {
            // Handed to whoever awaits the session: a thread's own exception would end the process.
            _mailbox.Close();
            if (!_ready.TrySetException(e))
                _logger.LogCritical(e, "The tracer thread failed; all tracees are let go");
            _finished.TrySetException(e);
        }
    }

    /// <summary>The kernel detaches when the OS thread is gone, a moment after its managed part has ended.</summary>
    private async Task CompleteAsync()
    {
        try
        {
            await _finished.Task.ConfigureAwait(false);
        }
        finally
        {
            string thread = string.Create(CultureInfo.InvariantCulture, $"/proc/self/task/{_tracerTid}");
            while (Directory.Exists(thread))
                await Task.Delay(1).ConfigureAwait(false);
            if (_ownsLogger)
                await _logger.CompleteAsync().ConfigureAwait(false);
        }
    }

    /// <summary>execve says that the file has no format it knows.</summary>
    private sealed class ExecFormatException : Exception;
}
