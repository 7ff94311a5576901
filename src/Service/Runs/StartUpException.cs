namespace ForkFollow.Service;

/// <summary>A run could not begin. The message has a line for each fault: what failed, why, and the remedy.</summary>
public sealed class StartUpException(string message) : Exception(message)
{
    /// <summary>With a line for each of these.</summary>
    public StartUpException(IEnumerable<string> lines)
        : this(string.Join('\n', lines.Select(line => line.ReplaceLineEndings(" "))))
    {
    }
}
