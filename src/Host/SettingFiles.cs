using ForkFollow.Service;
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
    internal static IConfigurationRoot Load(string? named, bool service)
    {
        string? file = named ?? Variable("FORKFOLLOW_CONFIG") ?? Own(service);
        if (file is not null && !File.Exists(file))
            throw new StartUpException($"there is no file {file}; name one with settings with --config, or by FORKFOLLOW_CONFIG");
        try
        {
            var builder = new ConfigurationBuilder();
            builder.AddInMemoryCollection(_logging);
            if (ProgramFolder is { } folder)
                builder.AddJsonFile(Path.Combine(folder, Name), optional: true, reloadOnChange: false);
            if (file is not null)
                builder.AddJsonFile(Path.GetFullPath(file), optional: false, reloadOnChange: false);
            builder.AddEnvironmentVariables();
            return builder.Build();
        }
        catch (Exception e) when (e is InvalidDataException or IOException or UnauthorizedAccessException)
        {
            // The provider names the file; the cause within says what is wrong with it, and where.
            string cause = e.InnerException is null ? "" : " " + e.GetBaseException().Message;
            throw new StartUpException((string[])[$"{e.Message}{cause}; correct the file, or name another one with --config"]);
        }
    }

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
