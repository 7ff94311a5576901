using ForkFollow.Service;
using ForkFollow.Telemetry;
using Microsoft.Extensions.Configuration;

namespace ForkFollow.Host;

/// <summary>
/// Where settings come from; the later source wins. appsettings.json beside the program has the defaults, and may be missing; then comes one file
/// of the user's (named on the command line, or by FORKFOLLOW_CONFIG; else the first place that has one: for the service
/// /etc/forkfollow, for a command the user's configuration directory); then the environment. The command line, last, is not
/// read here. Never a file in the working directory, which is the workload's.
/// </summary>
internal static class SettingFiles
{
    private const string Name = "appsettings.json";

    /// <summary>What options have without the file beside the program is in their class; this has no class.</summary>
    private static readonly KeyValuePair<string, string?>[] _logging =
        [new("Logging:LogLevel:Default", "Warning"), new("Logging:LogLevel:ForkFollow", "Information")];

    /// <summary>
    /// Where the program is; null if that cannot be known: a native one does not know where its user may not look, in a folder of
    /// somebody else's.
    /// </summary>
    internal static string? ProgramFolder => AppContext.BaseDirectory is { Length: > 0 } folder ? folder : null;

    /// <summary>Reads them.</summary>
    /// <param name="named">The file that the command line names; null for none.</param>
    /// <param name="service">Whether it is for the service.</param>
    /// <exception cref="StartUpException">A file that is named is not there, or one cannot be read.</exception>
    internal static Settings Load(string? named, bool service)
    {
        var settings = new Settings();
        var builder = new ConfigurationBuilder();
        builder.AddInMemoryCollection(_logging);
        if (ProgramFolder is { } folder && File.Exists(Path.Combine(folder, Name)))
            builder.AddJsonStream(SettingText.Read(Path.Combine(folder, Name), settings.Faults, settings.Notes));
        if (Find(named, service) is { } file)
            builder.AddJsonStream(SettingText.Read(file, settings.Faults, settings.Notes));
        builder.AddEnvironmentVariables();
        settings.Configuration = builder.Build();
        settings.Faults.AddRange(SettingVariables.FindFaults(Environment.GetEnvironmentVariables()));
        settings.Faults.AddRange(SettingVariables.FindWrongLevels(settings.Configuration));
        settings.Faults.AddRange(ForkFollowSettings.Read(settings.Configuration, settings.Options));
        settings.Faults.AddRange(OtelNames.FindMisspelled(settings.Configuration));
        settings.Faults.AddRange(ForkFollowTelemetry.FindFaults(settings.Configuration));
        return settings;
    }

    /// <summary>Which file there is, and all that is wrong with settings.</summary>
    internal static (string? File, IReadOnlyList<string> Faults) Check(string? named, bool service)
    {
        string? file = Find(named, service);
        try
        {
            Settings settings = Load(named, service);
            return (file, [.. settings.Faults, .. ForkFollowSettings.Check(settings.Options)]);
        }
        catch (StartUpException e)
        {
            return (file, [e.Message]);
        }
    }

    private static string? Find(string? named, bool service) => named ?? Variable("FORKFOLLOW_CONFIG") ?? Own(service);

    private static string? Own(bool service)
    {
        string folder = service
            ? "/etc/forkfollow"
            : Path.Combine(Variable("XDG_CONFIG_HOME") ?? Path.Combine(Variable("HOME") ?? "/", ".config"), "forkfollow");
        string file = Path.Combine(folder, Name);
        return File.Exists(file) ? file : null;
    }

    private static string? Variable(string name) => Environment.GetEnvironmentVariable(name) is { Length: > 0 } value ? value : null;
}

/// <summary>What the sources of settings have, the command line aside.</summary>
internal sealed class Settings
{
    /// <summary>All of it.</summary>
    internal IConfigurationRoot Configuration { get; set; } = new ConfigurationRoot([]);

    /// <summary>What is ours of it.</summary>
    internal ForkFollowOptions Options { get; } = new();

    /// <summary>What is wrong with it, a line each.</summary>
    internal List<string> Faults { get; } = [];

    /// <summary>What is there and has no effect, a line each.</summary>
    internal List<string> Notes { get; } = [];
}
