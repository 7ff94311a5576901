namespace ForkFollow.Bench;

/// <summary>A private temporary folder for the tracers' results, removed at the end.</summary>
internal sealed class Scratch : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("forkfollow-bench-").FullName;
    private int _used;

    /// <summary>A path that does not exist: forkfollow refuses a result directory that does.</summary>
    public string NewPath() => Path.Combine(_folder, $"run-{++_used}");

    public static void Remove(string path)
    {
        if (Directory.Exists(path))
        {
            Directory.Delete(path, recursive: true);
        }
    }

    public void Dispose()
    {
        try
        {
            Remove(_folder);
        }
        catch (IOException)
        {
            // A tracer that was killed this moment may still write: the temporary folder is the system's to empty.
        }
    }
}
