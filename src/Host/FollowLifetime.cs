using System.Runtime.InteropServices;
using ForkFollow.Service;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;
using Tmds.Linux;

namespace ForkFollow.Host;

/// <summary>
/// What signals to us mean. Following processes that ran before us, any of them ends it: they are let go. A command that we
/// launched gets the signal itself, from its terminal or passed on by us, and we follow it to its end, as time(1) does.
/// A second one quits at once: the kernel then lets go of an attached tree and kills a launched one. SIGHUP, to the service,
/// means what it means to daemons: its results are complete up to here, and new ones begin.
/// </summary>
internal sealed class FollowLifetime : IHostLifetime, IDisposable
{
    private readonly List<PosixSignalRegistration> _registrations = [];
    private readonly ForkFollowOptions _options;
    private readonly IHostApplicationLifetime _lifetime;
    private readonly ForkFollowControl _control;
    private int _received;

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
        if (Interlocked.Increment(ref _received) > 1)
        {
            StandardError.Say("quit; the results are as they were written last");
            LibC._exit(ExitStatus.SignalBase + number);
        }

        if (_options.Command.Count == 0)
        {
            _lifetime.StopApplication();
            return;
        }

        // The terminal sends Ctrl-C, Ctrl-\ and its hang-up to the whole foreground group; kill(1) sends to us alone.
        if (context.Signal == PosixSignal.SIGTERM || !Terminal.SignalsWorkloadToo)
            _ = _control.SignalWorkloadAsync(number);
    }

    private static int NumberOf(PosixSignal signal) => signal switch
    {
        PosixSignal.SIGHUP => 1,
        PosixSignal.SIGINT => 2,
        PosixSignal.SIGQUIT => 3,
        _ => 15,
    };
}
