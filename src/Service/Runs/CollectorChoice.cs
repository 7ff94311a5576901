using ForkFollow.Collectors;
using ForkFollow.Collectors.Capture;
using ForkFollow.Collectors.DotNet;
using ForkFollow.Collectors.EventNames;
using ForkFollow.Collectors.Procfs;
using ForkFollow.Follower;
using ForkFollow.Results;

namespace ForkFollow.Service;

/// <summary>The collectors of a run, made from their names, and what they share for its time.</summary>
internal sealed class CollectorChoice : IDisposable
{
    private readonly FollowSettings _settings;
    private readonly Action<LedgerEntry> _report;
    private readonly List<Collector> _collectors = [new RusageCollector()];
    private CounterSettings? _counters;
    private ProfileSession? _profile;
    private ProcfsSession? _procfs;
    private DotNetSession? _dotnet;

    private CollectorChoice(FollowSettings settings, Action<LedgerEntry> report)
    {
        _settings = settings;
        _report = report;
    }

    internal IReadOnlyList<Collector> Collectors => _collectors;

    /// <summary>What the environment of a launched command needs for them, as NAME=value.</summary>
    internal IReadOnlyList<string> Variables => _dotnet?.Variables ?? [];

    /// <summary>Makes the collectors.</summary>
    /// <param name="settings">Their names among other things; no names: those that work here of the default ones.</param>
    /// <param name="results">Where results go.</param>
    /// <param name="directory">The result directory.</param>
    /// <param name="further">Collectors of others, not opened; none if empty.</param>
    /// <param name="report">Takes what could not be collected.</param>
    /// <exception cref="StartUpException">One that was asked for does not work here.</exception>
    internal static CollectorChoice Make(
        FollowSettings settings, RunResults results, ResultDirectory directory, IEnumerable<Collector> further,
        Action<LedgerEntry> report)
    {
        var choice = new CollectorChoice(settings, report);
        try
        {
            choice.AddCounters();
            choice.AddProfile(results, directory);
            choice.AddProcfs(results);
            choice.AddDotNet(results, directory);
            choice._collectors.AddRange(further);
            return choice;
        }
        catch
        {
            choice.Dispose();
            throw;
        }
    }

    /// <summary>Following is about to end while processes run: takes what can be had only now. Waits some seconds at most.</summary>
    internal void BeforeEnd() => _dotnet?.Stop();

    /// <summary>Completes the results of all processes, when the last one has been closed.</summary>
    internal void End()
    {
        TryEnd("dotnet", _dotnet is null ? null : _dotnet.End);
        TryEnd("cpu, offcpu, syscalls and trace", _profile is null ? null : _profile.End);
        TryEnd("procfs", _procfs is null ? null : _procfs.End);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _dotnet?.Dispose();
        _procfs?.Dispose();
        _profile?.Dispose();
        _counters?.Dispose();
    }

    /// <summary>A fault of one costs what it has still to tell, not the results of the others.</summary>
    private void TryEnd(string what, Action? end)
    {
        try
        {
            end?.Invoke();
        }
        catch (Exception e)
        {
            _report(new(
                LedgerKind.Collector, 0,
                $"completing the results of {what} failed: {e.GetType().Name}: {e.Message.ReplaceLineEndings(" ")}; they may not be whole"));
        }
    }

    private void AddCounters()
    {
        bool named = _settings.Events.Any(one => one.IsCounted);
        if (!named && !Wants("counters", byDefault: true))
            return;
        _counters = named ? CounterSettings.Open(_settings.Events, out string? refusal) : CounterSettings.Probe(out refusal);
        if (_counters is not null)
            _collectors.Add(new CounterCollector(_counters, _report));
        else
            Refuse(refusal!, asked: named);
    }

    private void AddProfile(RunResults results, ResultDirectory directory)
    {
        var options = new ProfileOptions
        {
            Cpu = Wants("cpu", byDefault: true),
            OffCpu = Wants("offcpu", byDefault: false),
            Syscalls = Wants("syscalls", byDefault: false),
            Tracepoints = [.. _settings.Events.Select(one => one.Tracepoint).OfType<TracepointChoice>()],
            Frequency = _settings.Options.Frequency,
            RingPages = _settings.Options.MmapPages,
            Dwarf = _settings.Options.CallGraph == CallGraph.Dwarf,
        };
        if (!options.Cpu && !options.OffCpu && !options.Syscalls && options.Tracepoints.Count == 0)
            return;

        // It was asked for: not to be collected in another way.
        if (options is { Cpu: true, Dwarf: true } && ProfileSession.DwarfRefusal is { } missing)
            throw new StartUpException(missing);
        _profile = ProfileSession.Open(options, results, directory, _report, out string? refusal);
        if (_profile is not null)
            _collectors.Add(_profile.Collector);
        else
            Refuse(refusal!, asked: options.Tracepoints.Count > 0 || options.RingPages > 0);
    }

    private void AddProcfs(RunResults results)
    {
        if (!Wants("procfs", byDefault: false))
            return;
        _procfs = new(results, _settings.Options.ProcfsInterval, _report);
        _collectors.Add(new ProcfsCollector(_procfs));
    }

    /// <summary>A tree that may outlive us must have no runtime that waits for us.</summary>
    private void AddDotNet(RunResults results, ResultDirectory directory)
    {
        if (!Wants("dotnet", byDefault: false))
            return;

        bool suspends = _settings is { Launches: true, Options.OnExit: OnExit.Kill };
        _dotnet = new(results, _settings.Options.DotNetTrace ? directory : null, suspends, _report);
        _collectors.Add(new DotNetCollector(_dotnet));
    }

    /// <summary>What was asked for must work; what is on by default is noted if it does not.</summary>
    private void Refuse(string refusal, bool asked)
    {
        if (_settings.Options.Collect is not null || asked)
            throw new StartUpException(refusal);
        _report(new(LedgerKind.Collector, 0, refusal));
    }

    private bool Wants(string name, bool byDefault) => _settings.Options.Collect?.Contains(name) ?? byDefault;
}
