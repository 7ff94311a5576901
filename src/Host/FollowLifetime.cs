using System.Diagnostics;
using System.Runtime.InteropServices;
using ForkFollow.Results;
using ForkFollow.Service;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;
using Tmds.Linux;

namespace ForkFollow.Host;

/// <summary>
/// What signals to us mean. Following processes that ran before us, any of them ends it: they are let go. A command that we
/// launched gets the signal itself, from its terminal or passed on by us, and we follow it to its end, as time(1) does.
/// A second wish quits at once (<see cref="EndWishes"/>): the kernel then lets go of an attached tree and kills a launched one.
/// SIGHUP, to the service, means what it means to daemons: its results are complete up to here, and new ones begin.
/// </summary>
internal sealed class FollowLifetime : IHostLifetime, IDisposable
{
    private static readonly TimeSpan _longestFarewell = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan _untilHint = TimeSpan.FromSeconds(2);

    private readonly List<PosixSignalRegistration> _registrations = [];
    private readonly EndWishes _wishes = new();
    private readonly CancellationTokenSource _ended = new();
    private readonly ForkFollowOptions _options;
    private readonly IHostApplicationLifetime _lifetime;
    private readonly ForkFollowControl _control;

    public FollowLifetime(IOptions<ForkFollowOptions> options, IHostApplicationLifetime lifetime, ForkFollowControl control)
    {
        _options = options.Value;
        _lifetime = lifetime;
        _control = control;
    }

    /// <inheritdoc/>
    public Task WaitForStartAsync(CancellationToken cancellationToken)
    {
        foreach (PosixSignal signal in (PosixSignal[])[PosixSignal.SIGINT, PosixSignal.SIGTERM, PosixSignal.SIGHUP, PosixSignal.SIGQUIT])
            _registrations.Add(PosixSignalRegistration.Create(signal, Receive));
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <inheritdoc/>
    public void Dispose()
    {
        _ended.Cancel();
        _ended.Dispose();
        foreach (PosixSignalRegistration registration in _registrations)
            registration.Dispose();
    }

    private void Receive(PosixSignalContext context)
    {
        context.Cancel = true;
        if (context.Signal == PosixSignal.SIGHUP && _options.Targets.Count > 0)
        {
            _control.Rotate();
            return;
        }

        int number = NumberOf(context.Signal);
        bool typed = context.Signal is PosixSignal.SIGINT or PosixSignal.SIGQUIT && Terminal.InForeground;
        switch (_wishes.Take(Stopwatch.GetTimestamp(), typed))
        {
            case EndWish.First:
                End(context.Signal, number);
                break;
            case EndWish.Quit:
                Quit(ExitStatus.SignalBase + number);
                break;
            default:
                break;
        }
    }

    private void End(PosixSignal signal, int number)
    {
        _ = HintAsync();
        if (_options.Command.Count == 0)
            _lifetime.StopApplication();

        // The terminal sends Ctrl-C, Ctrl-\ and its hang-up to the whole foreground group; kill(1) sends to us alone.
        else if (signal == PosixSignal.SIGTERM || !Terminal.InForeground)
            _ = _control.SignalWorkloadAsync(number);
    }

    private void Quit(int status)
    {
        // On a thread of its own: the terminal, or the disk, may stand still, and this is the way out.
        var saying = new Thread(SayWhatIsWritten) { IsBackground = true };
        saying.Start();
        saying.Join(_longestFarewell);
        LibC._exit(status);
    }

    private void SayWhatIsWritten()
    {
        string[] written = [.. _control.Directories.Where(path => File.Exists(Path.Combine(path, TreeFile.Name))).Select(ShownPath.Of)];
        StandardError.Say(SafeText.Escape(written.Length == 0
            ? "quit before any results were written"
            : $"quit; the results are as they were written last: forkfollow report {string.Join("; forkfollow report ", written)}"));
    }

    /// <summary>Says how to quit, if that has not ended it.</summary>
    private async Task HintAsync()
    {
        await Task.Delay(_untilHint, _ended.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (_ended.IsCancellationRequested || _options.Quiet)
            return;
        string again = Terminal.OnStandardError ? "press Ctrl-C again" : "send the signal again";
        StandardError.Say(_options.Command.Count > 0 && _control.IsFollowing
            ? $"the command goes on, and is followed to its end; {again} to quit, which "
                + (_options.OnExit == Follower.OnExit.Kill ? "kills it" : "lets it go") + " and writes no more results"
            : $"results are being completed and written; {again} to quit without");
    }

    private static int NumberOf(PosixSignal signal) => signal switch
    {
        PosixSignal.SIGHUP => 1,
        PosixSignal.SIGINT => 2,
        PosixSignal.SIGQUIT => 3,
        _ => 15,
    };
}
