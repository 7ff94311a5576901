using System.Diagnostics;
using System.Globalization;
using ForkFollow.Follower;
using Microsoft.Diagnostics.NETCore.Client;

namespace ForkFollow.Collectors.DotNet;

/// <summary>
/// The coordinator: looks for the endpoints of those that wait, whenever a file is made in their folders, and at short
/// intervals besides. Nobody is waited for here: whoever is found has a thread of its own.
/// <para>A program that was made to wait is not forgotten before it is gone, resumed, or past the last deadline: also one
/// that was let go meanwhile.</para>
/// </summary>
public sealed partial class DotNetSession
{
    private const int YoungPollMs = 10;
    private const int OldPollMs = 1000;
    private const string NamePrefix = "dotnet-diagnostic-";

    private readonly Dictionary<int, RuntimeWatch> _current = [];
    private readonly List<RuntimeWatch> _waiting = [];
    private List<Notice> _taken = new(Room);

    /// <summary>Executables of processes that we attached to; <see cref="_files"/> is the tracer thread's.</summary>
    private readonly HostFiles _filesOfAttached = new();

    private void Coordinate(OwnThread thread)
    {
        _ = Task.Run(WarmUpAsync);
        _events.Add(Path.GetTempPath());
        bool last;
        do
        {
            last = _ended; // read before notices are taken: after it none comes
            thread.Waits();
            _events.Wait(Timeout(), Created);
            thread.Works();
            TakeNotices();
            for (int i = _waiting.Count - 1; i >= 0; i--)
            {
                thread.Works();
                if (!TryLook(_waiting[i]))
                    continue;
                _waiting[i] = _waiting[^1];
                _waiting.RemoveAt(_waiting.Count - 1);
            }
        }
        while (!last || (_waiting.Count > 0 && !IsOver));

        foreach (RuntimeWatch watch in _waiting)
        {
            if (watch.MayWait && !watch.IsGone)
                Report(watch.Process, $"{watch.Process} may wait for a diagnostic port that nobody answers: it was let go as its runtime began");
            watch.End();
        }
    }

    /// <summary>Has the client's code compiled by an endpoint that is not there, since the first runtime waits for it.</summary>
    private static async Task WarmUpAsync()
    {
        const string Nowhere = "/proc/self/fd/-1";
        try
        {
            _ = RuntimeIpc.SetVariable(Nowhere, SuspendSwitch.Name, SuspendSwitch.Off, RuntimeWatch.Patience);
            using var limit = new CancellationTokenSource(RuntimeWatch.Patience);
            using EventPipeSession events = await EventSession.OpenAsync(Nowhere, fromStart: true, limit.Token).ConfigureAwait(false);
        }
        catch (Exception)
        {
            // As it should be.
        }
    }

    private int Timeout()
    {
        if (_ended)
            return YoungPollMs;
        if (_waiting.Count == 0)
            return System.Threading.Timeout.Infinite;
        return _waiting.Exists(watch => !watch.IsGivenUp) ? YoungPollMs : OldPollMs;
    }

    private void TakeNotices()
    {
        lock (_lock)
            (_notices, _taken) = (_taken, _notices);
        foreach (Notice notice in _taken)
            TryTake(notice);
        _taken.Clear();
    }

    private void TryTake(in Notice notice)
    {
        try
        {
            Take(notice);
        }
        catch (Exception e)
        {
            Report(notice.Process, $"no runtime events of {notice.Process}: {e.GetType().Name}: {e.Message.ReplaceLineEndings(" ")}");
        }
    }

    private void Take(in Notice notice)
    {
        _current.Remove(notice.Process.Id, out RuntimeWatch? before);
        switch (notice.Kind)
        {
            case NoticeKind.Attached:
                Watch(new(this, notice.Process, isHost: false, suspension: null));
                break;
            case NoticeKind.Execed:
                before?.Replaced();
                if (notice.IsHost)
                {
                    SuspendSwitch? suspension = notice.Place.IsOn ? new(notice.Place) : null;
                    Watch(new(this, notice.Process, isHost: true, suspension) { Before = before });
                }

                break;
            default:
                for (; before is not null; before = before.Before)
                    before.Left();
                lock (_lock)
                    _watched.Remove(notice.Process.Id);
                break;
        }
    }

    private void Watch(RuntimeWatch watch)
    {
        _current[watch.Process.Id] = watch;
        _waiting.Add(watch);
    }

    /// <summary>A file was made: perhaps the endpoint of a program that is no known host.</summary>
    private void Created(string name)
    {
        if (!name.StartsWith(NamePrefix, StringComparison.Ordinal))
            return;
        string digits = name[NamePrefix.Length..];
        int end = digits.IndexOf('-', StringComparison.Ordinal);
        if (end <= 0 || !int.TryParse(digits[..end], NumberStyles.None, CultureInfo.InvariantCulture, out int pid)
            || _results.FindByPid(pid, Stopwatch.GetTimestamp())?.Process is not { End: ProcessEnd.Alive } process)
        {
            return;
        }

        TakeNotices(); // its exec may be among them
        if (_current.TryGetValue(process.Id, out RuntimeWatch? before) && before.State != WatchState.Ended)
            return;
        lock (_lock)
            _watched.Add(process.Id);
        Watch(new(this, process, isHost: true, suspension: null) { Before = before });
    }

    /// <summary>A fault costs one runtime its events. It is looked for on, since it may wait to be resumed.</summary>
    private bool TryLook(RuntimeWatch watch)
    {
        try
        {
            return Look(watch);
        }
        catch (Exception e)
        {
            GiveUp(watch, $"{e.GetType().Name}: {e.Message.ReplaceLineEndings(" ")}");
            return false;
        }
    }

    /// <summary>Looks for the endpoint of one. True if it need not be looked for any more.</summary>
    private bool Look(RuntimeWatch watch)
    {
        if (watch.IsGone || (!watch.MayWait && (watch.IsFree || _closing)))
            return Drop(watch);
        if (watch.IsFree || _closing)
            watch.TurnOff();
        bool entered = watch.Process.TryEnter();
        if (!entered && !watch.IsFree)
            return false; // it ends, which we are about to be told
        try
        {
            return LookInto(watch);
        }
        finally
        {
            if (entered)
                watch.Process.Leave();
        }
    }

    private bool LookInto(RuntimeWatch watch)
    {
        if (watch.Finder is null)
        {
            watch.Finder = EndpointFinder.Of(watch.Process.Pid);
            if (watch.Finder is null)
                return false;
            _events.Add(watch.Finder.DirectoryFromHere);
            if (watch.Finder.IsGuessed)
            {
                Report(
                    watch.Process,
                    $"the environment of {watch.Process} cannot be read (it hangs in the kernel): its diagnostic port is looked for in /tmp");
            }
        }

        if (watch.Finder.FindInode() is { } inode)
        {
            if (!watch.IsStale(inode))
                return Begin(watch, inode);
            GiveUp(watch, "it was executed by another .NET program of the same process, whose socket is still in the place of its own");
        }

        if (!watch.IsHost)
        {
            watch.IsHost = _filesOfAttached.IsHost(watch.Process.Pid);
            if (!watch.IsHost)
                return Drop(watch);
        }

        GiveUpIfLate(watch);
        return false;
    }

    private bool Begin(RuntimeWatch watch, ulong inode)
    {
        bool reads = !watch.IsFree && !_closing && Volatile.Read(ref _readers) < MostReaders;
        if (reads)
            Interlocked.Increment(ref _readers);
        else if (!watch.IsFree && !_closing)
            _unread++;
        lock (_lock)
            _running.Add(watch);
        try
        {
            watch.Begin(inode, reads);
        }
        catch
        {
            Ended(watch, reads); // no thread to be had
            throw;
        }

        return true;
    }

    private static bool Drop(RuntimeWatch watch)
    {
        watch.End();
        return true;
    }

    /// <summary>
    /// No endpoint after a while: the program starts no runtime, or one without diagnostics, which does not wait either. If it
    /// starts one later, it shall not wait; its endpoint is looked for all the same.
    /// </summary>
    private void GiveUpIfLate(RuntimeWatch watch)
    {
        if (watch.IsStopped)
            watch.Since = Stopwatch.GetTimestamp();
        if (Stopwatch.GetElapsedTime(watch.Since) < RuntimeWatch.Patience)
            return;
        watch.TurnOff();
        GiveUp(
            watch,
            $"there is none in {watch.Finder!.Directory} (DOTNET_EnableDiagnostics=0, a TMPDIR that it cannot write to, or no "
            + "runtime in it)");
    }

    private void GiveUp(RuntimeWatch watch, string reason)
    {
        if (!watch.IsGivenUp)
            Report(watch.Process, $"no runtime events of {watch.Process}: its diagnostic port: {reason}");
        watch.IsGivenUp = true;
    }
}
