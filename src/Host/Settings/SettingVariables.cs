using System.Collections;
using ForkFollow.Collectors.EventNames;
using ForkFollow.Service;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Logging;

namespace ForkFollow.Host;

/// <summary>What is wrong with names and values beside the section ForkFollow, which has a reader of its own.</summary>
internal static class SettingVariables
{
    private const string Prefix = "FORKFOLLOW_";
    private const string File = "FORKFOLLOW_CONFIG";
    private const int ShortestPart = 3;

    /// <summary>
    /// Variables with one underscore that would be settings with two. What resembles none is somebody else's: FORKFOLLOW_SERVICE_HOST
    /// is set by Kubernetes beside a service of that name.
    /// </summary>
    internal static IEnumerable<string> FindFaults(IDictionary environment)
    {
        foreach (string name in environment.Keys.Cast<string>().Order(StringComparer.Ordinal))
        {
            if (name.StartsWith(Prefix, StringComparison.OrdinalIgnoreCase) && !name.StartsWith(Prefix + "_", StringComparison.OrdinalIgnoreCase)
                && name != File && environment[name] is string { Length: > 0 } && Resembled(name[Prefix.Length..]) is { } key)
            {
                string right = $"{Prefix}_{key.Replace(":", "__", StringComparison.Ordinal).ToUpperInvariant()}";
                yield return $"{name} is no setting: two underscores stand before each name; write {right}, or remove it";
            }
        }
    }

    /// <summary>Levels of the section Logging that there are not: the logger would end us.</summary>
    internal static IEnumerable<string> FindWrongLevels(IConfiguration configuration)
    {
        const string Levels = "LogLevel";
        foreach (IConfigurationSection section in configuration.GetSection("Logging").GetChildren())
        {
            bool isLevels = string.Equals(section.Key, Levels, StringComparison.OrdinalIgnoreCase);
            IConfigurationSection levels = isLevels ? section : section.GetSection(Levels);
            foreach (IConfigurationSection one in levels.GetChildren())
            {
                if (one.Value is { Length: > 0 } value && !Enum.TryParse(value, ignoreCase: true, out LogLevel _))
                {
                    string[] names = Enum.GetNames<LogLevel>();
                    yield return $"{one.Path}: there is no level '{value}'{NearMatches.Ask(value, names)}; it takes {string.Join(", ", names)}";
                }
            }

            if (!isLevels && NearMatches.Ask(section.Key, [Levels]) is { Length: > 0 } near)
                yield return $"{section.Path}: there is no such setting{near}; correct the name, or remove it";
        }
    }

    private static string? Resembled(string name)
    {
        string plain = name.Replace("_", "", StringComparison.Ordinal);
        return ForkFollowSettings.Keys.FirstOrDefault(key =>
        {
            string other = key.Replace(":", "", StringComparison.Ordinal);
            return NearMatches.Ask(plain, [other]).Length > 0
                || (plain.Length >= ShortestPart && other.StartsWith(plain, StringComparison.OrdinalIgnoreCase));
        });
    }
}
