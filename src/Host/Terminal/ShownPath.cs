namespace ForkFollow.Host;

/// <summary>How a path is shown.</summary>
internal static class ShownPath
{
    /// <summary>From the working directory; whole if that was removed.</summary>
    internal static string Of(string full)
    {
        try
        {
            return Path.GetRelativePath(Environment.CurrentDirectory, full);
        }
        catch (FileNotFoundException)
        {
            return full;
        }
    }
}
