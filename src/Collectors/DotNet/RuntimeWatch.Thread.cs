using System.Diagnostics;
using System.Net.Sockets;
using ForkFollow.Follower;
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

    private void Run(bool reads)
    {
        EventPipeSession? events = null;
        try
        {
            try
            {
                events = reads ? Open() : null;
            }
            finally
            {
                Resume();
            }

            if (events is not null)
                Read(events);
        }
        finally
        {
            _session.Ended(this, reads);
            End();
        }
    }

    /// <summary>
    /// Opens the session. A socket that refuses is not there yet, or is the one of the program before; a process that is
    /// stopped answers when it goes on.
    /// </summary>
    private EventPipeSession? Open()
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
                EventPipeSession? events = AtEndpoint(
                    () => Await(_session.Opener(_path.Address, MayWait, limit.Token), limit.Token));
                if (events is not null)
                    return Keep(events, begun);
                if (Stopwatch.GetElapsedTime(begun) > Patience)
                {
                    TellFailure("it is not there any more");
                    return null;
                }
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
    private void Resume()
    {
        TurnOff();
        if (!MayWait)
            return;
        long begun = Stopwatch.GetTimestamp();
        IpcOutcome set = Persist(() => RuntimeIpc.SetVariable(_path.Address, SuspendSwitch.Name, SuspendSwitch.Off, Patience));
        if (set == IpcOutcome.Refused)
        {
            _session.Report(
                Process,
                $"{Process} keeps {SuspendSwitch.Name}=1 in its environment, since its runtime is older than .NET 6: .NET programs "
                + "that it starts after the run would wait; start it anew then");
        }

        if (set is IpcOutcome.Done or IpcOutcome.Sent)
            _session.Cleaned(Process);
        if (Persist(() => RuntimeIpc.Resume(_path.Address, Patience)) != IpcOutcome.Failed)
            _session.CountResume(Stopwatch.GetElapsedTime(begun));
    }

    private IpcOutcome Persist(Func<IpcOutcome> request)
    {
        for (int pause = 1; Lives() && !_session.IsOver; pause = Math.Min(2 * pause, MostPauseMs))
        {
            IpcOutcome outcome = AtEndpoint(request, IpcOutcome.Failed);
            if (outcome != IpcOutcome.Failed)
                return outcome;
            Thread.Sleep(pause);
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

    /// <summary>Makes a request at the socket as it is now. The default if that is not there.</summary>
    private T? AtEndpoint<T>(Func<T> request, T? byDefault = default)
    {
        if (!TryUseEndpoint(out bool entered))
            return byDefault;
        try
        {
            return request();
        }
        finally
        {
            LeaveEndpoint(entered);
        }
    }

    /// <summary>
    /// The socket is in our hands for the time of a request alone: what it is on can be unmounted when the process has ended. Who lives on
    /// without us may wait for us all the same.
    /// </summary>
    private bool TryUseEndpoint(out bool entered)
    {
        entered = Process.TryEnter();
        if (!entered && Process.End != ProcessEnd.Detached)
            return false;
        using RuntimeEndpoint? endpoint = Finder?.Find();
        if (endpoint is not null && _path.TryLeadTo(endpoint))
            return true;
        if (entered)
            Process.Leave();
        return false;
    }

    private void LeaveEndpoint(bool entered)
    {
        _path.Leave();
        if (entered)
            Process.Leave();
    }
}
