using System.Diagnostics;
using System.Net.Sockets;
using ForkFollow.Results;
using Microsoft.Diagnostics.NETCore.Client;

namespace ForkFollow.Collectors.DotNet;

/// <summary>
/// What its thread does. Every wait has a deadline or ends with the process; nothing that fails comes between the runtime and
/// its resuming.
/// </summary>
internal sealed partial class RuntimeWatch
{
    private const int MostPauseMs = 64;

    private static readonly TimeSpan _stoppedPoll = TimeSpan.FromMilliseconds(20);

    private void Run(RuntimeEndpoint endpoint, bool reads)
    {
        EventPipeSession? events = null;
        try
        {
            try
            {
                events = reads ? Open(ref endpoint) : null;
            }
            finally
            {
                Resume(ref endpoint);
            }

            if (events is not null)
                Read(events);
        }
        finally
        {
            endpoint.Dispose();
            _session.Ended(this, reads);
            End();
        }
    }

    /// <summary>
    /// Opens the session. A socket that refuses is not there yet, or is the one of the program before; a process that is
    /// stopped answers when it goes on.
    /// </summary>
    private EventPipeSession? Open(ref RuntimeEndpoint endpoint)
    {
        long begun = Stopwatch.GetTimestamp();
        int pause = 1;
        while (!_gone && !_stop.IsCancellationRequested)
        {
            if (IsStopped)
            {
                _stop.Token.WaitHandle.WaitOne(_stoppedPoll);
                begun = Stopwatch.GetTimestamp();
                continue;
            }

            using var limit = CancellationTokenSource.CreateLinkedTokenSource(_stop.Token);
            limit.CancelAfter(Patience);
            try
            {
                return Keep(Await(_session.Opener(endpoint.Address, MayWait, limit.Token), limit.Token), begun);
            }
            catch (Exception e)
            {
                bool timedOut = e is OperationCanceledException or TimeoutException;
                if (timedOut && (IsStopped || _stop.IsCancellationRequested))
                    continue;
                bool refused = e is SocketException or IOException or ServerNotAvailableException;
                if (!refused || Stopwatch.GetElapsedTime(begun) > Patience)
                {
                    TellFailure(timedOut ? $"it did not answer in {Patience.TotalSeconds} seconds" : e.Message);
                    return null;
                }
            }

            _stop.Token.WaitHandle.WaitOne(pause);
            pause = Math.Min(2 * pause, MostPauseMs);
            Refresh(ref endpoint);
        }

        return null;
    }

    /// <summary>Waits for a session to open. One that does so after we have given up is closed.</summary>
    private static EventPipeSession Await(Task<EventPipeSession> opening, CancellationToken limit)
    {
        try
        {
            return opening.WaitAsync(limit).GetAwaiter().GetResult();
        }
        catch (OperationCanceledException)
        {
            _ = opening.ContinueWith(
                late => Close(late.Result), CancellationToken.None, TaskContinuationOptions.OnlyOnRanToCompletion, TaskScheduler.Default);
            throw;
        }
    }

    private EventPipeSession Keep(EventPipeSession events, long begun)
    {
        _session.CountOpening(Stopwatch.GetElapsedTime(begun));
        if (_session.Find(Process) is { } result)
            result.AwaitsMethods = true;
        lock (_lock)
            _events = events;
        if (_stop.IsCancellationRequested)
            Stop();
        return events;
    }

    private void TellFailure(string reason)
    {
        if (Lives())
            _session.Report(Process, $"no runtime events of {Process}: its diagnostic port: {reason}");
    }

    /// <summary>
    /// Makes the 1 a 0 in both places, its environment block and the copy that the runtime has, and tells the runtime to go on:
    /// until it has been told, is dead, or the last deadline has passed.
    /// </summary>
    private void Resume(ref RuntimeEndpoint endpoint)
    {
        TurnOff();
        if (!MayWait)
            return;
        long begun = Stopwatch.GetTimestamp();
        IpcOutcome set = Persist(
            ref endpoint, address => RuntimeIpc.SetVariable(address, SuspendSwitch.Name, SuspendSwitch.Off, Patience));
        if (set == IpcOutcome.Refused)
        {
            _session.Report(
                Process,
                $"{Process} keeps {SuspendSwitch.Name}=1 in its environment, since its runtime is older than .NET 6: .NET programs "
                + "that it starts after the run would wait; start it anew then");
        }

        if (set is IpcOutcome.Done or IpcOutcome.Sent)
            _session.Cleaned(Process);
        if (Persist(ref endpoint, address => RuntimeIpc.Resume(address, Patience)) != IpcOutcome.Failed)
            _session.CountResume(Stopwatch.GetElapsedTime(begun));
    }

    private IpcOutcome Persist(ref RuntimeEndpoint endpoint, Func<string, IpcOutcome> request)
    {
        for (int pause = 1; Lives() && !_session.IsOver; pause = Math.Min(2 * pause, MostPauseMs))
        {
            IpcOutcome outcome = request(endpoint.Address);
            if (outcome != IpcOutcome.Failed)
                return outcome;
            Thread.Sleep(pause);
            Refresh(ref endpoint);
        }

        return IpcOutcome.Failed;
    }

    private void Read(EventPipeSession events)
    {
        using GrowingFile? copy = _session.MakeTrace(Process);
        try
        {
            _reader.Read(events.EventStream, copy);
        }
        finally
        {
            Close(events);
            if (_reader.CopyFault is { } fault)
                _session.ReportLoss(Process, $"cannot write {copy!.FullName}: {fault}; the trace ends there, free space there");
            else if (copy?.IsGone == true)
                _session.ReportLoss(Process, $"{copy.FullName} was removed while the run went on");
            if (_session.Find(Process) is { } result)
                _reader.HandOver(result);
        }
    }

    private bool Lives() => !_gone && ProcStat.TryRead(Process.Pid, out ProcStat stat) && stat.State is not ('Z' or 'X')
        && (Finder is null || Finder.StartTime == stat.StartTime);

    private void Refresh(ref RuntimeEndpoint endpoint)
    {
        if (Finder?.Find() is not { } now)
            return;
        endpoint.Dispose();
        endpoint = now;
    }
}
