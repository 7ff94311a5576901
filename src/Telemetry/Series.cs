namespace ForkFollow.Telemetry;

/// <summary>
/// Keeps the number of series bounded. Names of executables are the workload's choice, and the SDK keeps 2,000 series for
/// each metric: beyond that all are one, without a name. So the first names keep theirs, and the others share <c>_OTHER</c>,
/// as the semantic conventions name what is not listed. One thread.
/// </summary>
internal sealed class Series
{
    /// <summary>What stands for all others.</summary>
    internal const string Other = "_OTHER";

    /// <summary>No metric has more than three series for a name: 1,803 of 2,000.</summary>
    private const int MostNames = 600;

    private const int MostExceptionTypes = 1_200;

    private readonly HashSet<string> _names = new(StringComparer.Ordinal);
    private readonly HashSet<(string, string)> _types = [];

    /// <summary>The name that an executable is counted by.</summary>
    internal string NameFor(string name) =>
        _names.Contains(name) || (_names.Count < MostNames && _names.Add(name)) ? name : Other;

    /// <summary>The type that an exception is counted by.</summary>
    internal string TypeFor(string name, string type) =>
        _types.Contains((name, type)) || (_types.Count < MostExceptionTypes && _types.Add((name, type))) ? type : Other;
}
