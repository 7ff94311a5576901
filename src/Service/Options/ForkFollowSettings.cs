using Microsoft.Extensions.Configuration;

namespace ForkFollow.Service;

/// <summary>
/// Options as texts: of a configuration, of a command line. What is wrong is told in a line each: name, what, remedy. Any thread.
/// </summary>
public static class ForkFollowSettings
{
    /// <summary>The names of the collectors, none aside.</summary>
    public static IReadOnlyList<string> Collectors => CollectorNames.All;

    /// <summary>The keys of all settings in the section, Telemetry:CommandArgs among them, and Targets.</summary>
    public static IReadOnlyList<string> Keys { get; } = [.. SettingTable.All.Select(one => one.Key), SettingTable.Targets];

    /// <summary>Sets what the section <c>ForkFollow</c> of a configuration has. Null and empty values leave what is there.</summary>
    /// <returns>All that is wrong with it.</returns>
    public static IReadOnlyList<string> Read(IConfiguration configuration, ForkFollowOptions options)
    {
        ArgumentNullException.ThrowIfNull(configuration);
        ArgumentNullException.ThrowIfNull(options);
        return SettingReader.Read(configuration, options);
    }

    /// <summary>Sets one by its key in the section, Telemetry:CommandArgs.</summary>
    /// <returns>What is wrong with the text and what it takes; null if it was set.</returns>
    /// <exception cref="InvalidOperationException">There is no such key.</exception>
    public static string? Set(ForkFollowOptions options, string key, string text)
    {
        ArgumentNullException.ThrowIfNull(options);
        return SettingTable.Find(key).Apply(options, text);
    }

    /// <summary>Adds a target, as KIND=VALUE.</summary>
    /// <returns>What is wrong with the text; null if it was added.</returns>
    public static string? AddTarget(ForkFollowOptions options, string text)
    {
        ArgumentNullException.ThrowIfNull(options);
        if (TargetReader.Parse(text, out string? fault) is { } target)
            options.Targets.Add(target);
        return fault;
    }

    /// <summary>All that is wrong with options, whoever set them.</summary>
    public static IEnumerable<string> Check(ForkFollowOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        return OptionsCheck.Check(options);
    }
}
