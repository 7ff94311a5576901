namespace ForkFollow.Service;

/// <summary>
/// What to wait for. At most one of <see cref="Pid"/>, <see cref="PidFile"/>, <see cref="Cgroup"/> and <see cref="Unit"/> says
/// where; <see cref="Executable"/> and <see cref="Arguments"/> say which of those (of all processes if it says nothing), and both
/// must fit. Descendants of what is found are followed with it, whatever they are.
/// </summary>
public sealed class FollowTarget
{
    /// <summary>What its results are called; null for the name of the process.</summary>
    public string? Name { get; set; }

    /// <summary>One process. It is followed once: another one that has its pid later is not it.</summary>
    public int? Pid { get; set; }

    /// <summary>A file with a pid in it, as daemons write. Read anew at each look.</summary>
    public string? PidFile { get; set; }

    /// <summary>
    /// A control group, with those below it: as /proc/PID/cgroup names it (/system.slice/cron.service), or the full path of its
    /// directory.
    /// </summary>
    public string? Cgroup { get; set; }

    /// <summary>A unit of systemd (nginx.service; .service may be left out), found by its control group.</summary>
    public string? Unit { get; set; }

    /// <summary>
    /// The program: * and ? as in a shell. Without a slash it is compared with the file's name, else with its whole path.
    /// </summary>
    public string? Executable { get; set; }

    /// <summary>The command line, its arguments with a space between: * and ? as in a shell, for the whole of it.</summary>
    public string? Arguments { get; set; }

    /// <summary>As messages name it: <c>unit=nginx.service</c>.</summary>
    public override string ToString() => string.Join(' ', Parts().Where(part => part.Value is not null).Select(part => part.Key + "=" + part.Value));

    private IEnumerable<KeyValuePair<string, string?>> Parts() =>
    [
        new("pid", Pid?.ToString(System.Globalization.CultureInfo.InvariantCulture)), new("pidfile", PidFile), new("cgroup", Cgroup),
        new("unit", Unit), new("exe", Executable), new("args", Arguments),
    ];
}
