using System.Globalization;
using Microsoft.Extensions.Configuration;

namespace ForkFollow.Service;

/// <summary>Reads <see cref="FollowTarget"/>s: a list in the configuration, KIND=VALUE on the command line.</summary>
internal static class TargetReader
{
    /// <summary>The longest that the kernel lets pids grow.</summary>
    private const int MostPid = 1 << 22;

    /// <summary>Key in the configuration, kind on the command line, and how it is set: returns what is wrong, or null.</summary>
    private static readonly (string Key, string Kind, Func<FollowTarget, string, string?> Set)[] _parts =
    [
        ("Name", "name", (target, text) => Take(text, value => target.Name = value)),
        ("Pid", "pid", SetPid),
        ("PidFile", "pidfile", (target, text) => Take(text, value => target.PidFile = value)),
        ("Cgroup", "cgroup", (target, text) => Take(text, value => target.Cgroup = value)),
        ("Unit", "unit", (target, text) => Take(text, value => target.Unit = value)),
        ("Executable", "exe", (target, text) => Take(text, value => target.Executable = value)),
        ("Arguments", "args", (target, text) => Take(text, value => target.Arguments = value)),
    ];

    /// <summary>Adds the targets of a section.</summary>
    internal static void Read(IConfigurationSection section, ForkFollowOptions options, List<string> faults)
    {
        if (!string.IsNullOrEmpty(section.Value))
            faults.Add($"{section.Path}: '{section.Value}' is no list; it takes a list of targets, each with one of {Keys()}");
        foreach (IConfigurationSection entry in section.GetChildren())
        {
            var target = new FollowTarget();
            foreach (IConfigurationSection child in entry.GetChildren())
                ReadPart(target, child, faults);
            if (!string.IsNullOrEmpty(entry.Value))
                faults.Add($"{entry.Path}: '{entry.Value}' is no target; it takes one of {Keys()}");
            options.Targets.Add(target);
        }
    }

    /// <summary>Reads what <c>--target</c> takes: KIND=VALUE.</summary>
    /// <returns>The target, or null with what is wrong.</returns>
    internal static FollowTarget? Parse(string text, out string? fault)
    {
        string kind = text.Split('=', 2)[0];
        foreach ((string _, string name, Func<FollowTarget, string, string?> set) in _parts)
        {
            if (name != kind || name == "name" || kind == text)
                continue;
            var target = new FollowTarget();
            fault = set(target, text[(kind.Length + 1)..]);
            return fault is null ? target : null;
        }

        fault = $"'{text}' is no target; it takes {string.Join(", ", _parts.Skip(1).Select(part => part.Kind + "=…"))}";
        return null;
    }

    /// <summary>What is wrong with targets, a line each.</summary>
    internal static IEnumerable<string> Check(IList<FollowTarget> targets)
    {
        for (int i = 0; i < targets.Count; i++)
        {
            FollowTarget target = targets[i];
            string name = string.Create(CultureInfo.InvariantCulture, $"{ForkFollowOptions.Section}:{SettingTable.Targets}:{i}");
            object?[] places = [target.Pid, target.PidFile, target.Cgroup, target.Unit];
            int given = places.Count(place => place is not null);
            if (given > 1)
                yield return $"{name}: it has more than one of Pid, PidFile, Cgroup and Unit; make a target of each";
            if (given == 0 && target.Executable is null && target.Arguments is null)
                yield return $"{name}: it names nothing; it takes one of {Keys()}";
            if (target.Pid is { } pid && (pid <= 0 || pid > MostPid))
                yield return $"{name}:Pid: '{pid}' is no pid; it takes 1 to {MostPid}";
            if (target.Unit is { } unit && unit.Contains('/', StringComparison.Ordinal))
                yield return $"{name}:Unit: '{unit}' is no name of a unit; for a path there is Cgroup";
        }
    }

    private static void ReadPart(FollowTarget target, IConfigurationSection child, List<string> faults)
    {
        foreach ((string key, string _, Func<FollowTarget, string, string?> set) in _parts)
        {
            if (!SettingReader.Is(child, key))
                continue;
            if (child.GetChildren().Any())
                faults.Add($"{child.Path}: it has settings below it; it takes a value");
            else if (!string.IsNullOrEmpty(child.Value) && set(target, child.Value) is { } fault)
                faults.Add($"{child.Path}: {fault}");
            return;
        }

        faults.Add(SettingReader.Unknown(child, [.. _parts.Select(part => part.Key)]));
    }

    private static string Keys() => string.Join(", ", _parts.Skip(1).Select(part => part.Key));

    private static string? SetPid(FollowTarget target, string text)
    {
        if (!int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int pid) || pid <= 0 || pid > MostPid)
            return $"'{text}' is no pid; it takes 1 to {MostPid}";
        target.Pid = pid;
        return null;
    }

    private static string? Take(string text, Action<string> set)
    {
        if (text.Length == 0 || text.Contains('\0', StringComparison.Ordinal))
            return "it is empty; give it a value";
        set(text);
        return null;
    }
}
