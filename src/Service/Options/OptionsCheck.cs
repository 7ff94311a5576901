using ForkFollow.Results.Formats;
using Microsoft.Extensions.Options;

namespace ForkFollow.Service;

/// <summary>Finds all that is wrong with options, whoever set them.</summary>
internal sealed class OptionsCheck : IValidateOptions<ForkFollowOptions>
{
    /// <inheritdoc/>
    public ValidateOptionsResult Validate(string? name, ForkFollowOptions options)
    {
        string[] faults = [.. options.BindingFaults, .. Check(options), .. CheckAsked(options)];
        return faults.Length == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(faults);
    }

    /// <summary>What is wrong, a line each: name, what, remedy. Empty if nothing is.</summary>
    internal static IEnumerable<string> Check(ForkFollowOptions options)
    {
        var scratch = new ForkFollowOptions();
        foreach (Setting setting in SettingTable.All)
        {
            string text = setting.Show(options);
            if (text.Length > 0 && setting.Apply(scratch, text) is { } fault)
                yield return $"{ForkFollowOptions.Section}:{setting.Key}: {fault}";
        }

        foreach (string fault in TargetReader.Check(options.Targets))
            yield return fault;
        int asked = Convert.ToInt32(options.Command.Count > 0) + Convert.ToInt32(options.Pids.Count > 0);
        if (asked > 1)
            yield return "both a command and pids are given; follow one of them";
        foreach (string fault in CheckCollectors(options, scratch))
            yield return fault;

        // What is on by default is left out where it cannot be had (RunFactory says so); what was chosen must work.
        if (ResultFormats.RefusalOf(options.Formats) is { } refusal && !options.Formats.SequenceEqual(new ForkFollowOptions().Formats))
            yield return $"{ForkFollowOptions.Section}:Formats: {refusal}";
    }

    private static IEnumerable<string> CheckAsked(ForkFollowOptions options)
    {
        if (options.Command.Count == 0 && options.Pids.Count == 0 && options.Targets.Count == 0)
        {
            yield return $"{ForkFollowOptions.Section}:{SettingTable.Targets}: there is nothing to follow; name a target there, or set "
                + "a command or pids in code";
        }
    }

    /// <summary>Collectors that want more than their name.</summary>
    private static IEnumerable<string> CheckCollectors(ForkFollowOptions options, ForkFollowOptions valid)
    {
        bool traces = FollowSettings.ParseEvents(valid.Events).Any(one => !one.IsCounted);
        if (options.Collect?.Contains("trace") == true && !traces)
            yield return "--collect trace needs to know what to trace; name a tracepoint with -e group:name";
        if (options.DotNetTrace && options.Collect?.Contains("dotnet") != true)
            yield return "--dotnet-trace keeps what the collector dotnet reads; add it to --collect";
    }
}
