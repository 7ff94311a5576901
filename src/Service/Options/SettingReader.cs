using ForkFollow.Collectors.EventNames;
using Microsoft.Extensions.Configuration;

namespace ForkFollow.Service;

/// <summary>
/// Reads the section <c>ForkFollow</c> of a configuration. Not by the binder, which stops at the first fault, names the
/// property and not the remedy, passes over what it does not know, and mixes lists of two sources entry by entry: here the
/// last source that names a list gives the whole of it.
/// </summary>
internal static class SettingReader
{
    /// <summary>Sets what the configuration has. Null and empty values leave the default.</summary>
    /// <returns>All that is wrong, a line each: name, what, remedy.</returns>
    internal static IReadOnlyList<string> Read(IConfiguration configuration, ForkFollowOptions options)
    {
        var faults = new List<string>();
        Read(configuration, configuration.GetSection(ForkFollowOptions.Section), "", options, faults);
        return faults;
    }

    internal static bool Is(IConfigurationSection section, string key) =>
        string.Equals(section.Key, key, StringComparison.OrdinalIgnoreCase);

    internal static string Unknown(IConfigurationSection section, IReadOnlyList<string> names)
    {
        string near = NearMatches.Ask(section.Key, names);
        string remedy = near.Length > 0 ? "correct the name, or remove it" : "remove it, or name one of " + string.Join(", ", names);
        return $"{section.Path}: there is no such setting{near}; {remedy}";
    }

    /// <summary>Reads a section, and those of our sections that are in it.</summary>
    /// <param name="configuration">All of it.</param>
    /// <param name="section">The section.</param>
    /// <param name="prefix">What the keys of its settings begin with: empty, or the name of a section and a colon.</param>
    /// <param name="options">Takes the values.</param>
    /// <param name="faults">Takes what is wrong.</param>
    private static void Read(
        IConfiguration configuration, IConfigurationSection section, string prefix, ForkFollowOptions options, List<string> faults)
    {
        foreach (IConfigurationSection child in section.GetChildren())
        {
            string key = prefix + child.Key;
            if (Same(key, SettingTable.Targets))
                TargetReader.Read(Latest(configuration, child.Path), options, faults);
            else if (SettingTable.All.FirstOrDefault(one => Same(one.Key, key)) is { } setting)
                Apply(setting, Latest(configuration, child.Path), options, faults);
            else if (SettingTable.Sections.Any(one => Same(one, key)) && !string.IsNullOrEmpty(child.Value))
                faults.Add($"{child.Path}: '{child.Value}' is no section; it takes {{ … }} with settings in it");
            else if (SettingTable.Sections.Any(one => Same(one, key)))
                Read(configuration, child, key + ":", options, faults);
            else
                faults.Add(Unknown(child, SettingTable.NamesBehind(prefix)));
        }
    }

    private static bool Same(string one, string other) => string.Equals(one, other, StringComparison.OrdinalIgnoreCase);

    private static void Apply(Setting setting, IConfigurationSection section, ForkFollowOptions options, List<string> faults)
    {
        string name = $"{ForkFollowOptions.Section}:{setting.Key}";
        IConfigurationSection[] entries = [.. section.GetChildren()];
        if (entries.Any(entry => entry.GetChildren().Any() || !int.TryParse(entry.Key, out _)))
        {
            faults.Add($"{name}: it has settings below it; it takes a value");
            return;
        }

        string? text = entries.Length > 0 ? string.Join(',', entries.Select(entry => entry.Value)) : section.Value;
        if (!string.IsNullOrEmpty(text) && setting.Apply(options, text) is { } fault)
            faults.Add($"{name}: {fault}");
    }

    /// <summary>The section as the last source has it that names it or something below it.</summary>
    private static IConfigurationSection Latest(IConfiguration configuration, string path)
    {
        if (configuration is not IConfigurationRoot root)
            return configuration.GetSection(path);
        IConfigurationProvider? last = root.Providers.LastOrDefault(
            provider => provider.TryGet(path, out _) || provider.GetChildKeys([], path).Any());
        return last is null ? configuration.GetSection(path) : new ConfigurationRoot([new ReadAlready(last)]).GetSection(path);
    }

    /// <summary>A provider that is not loaded a second time.</summary>
    private sealed class ReadAlready(IConfigurationProvider inner) : IConfigurationProvider
    {
        public IEnumerable<string> GetChildKeys(IEnumerable<string> earlierKeys, string? parentPath) =>
            inner.GetChildKeys(earlierKeys, parentPath);

        public Microsoft.Extensions.Primitives.IChangeToken GetReloadToken() => inner.GetReloadToken();

        public void Load()
        {
        }

        public void Set(string key, string? value) => throw new NotSupportedException();

        public bool TryGet(string key, out string? value) => inner.TryGet(key, out value);
    }
}
