using System.Globalization;
using ForkFollow.Follower;
using ForkFollow.Results;

namespace ForkFollow.Collectors.DotNet;

/// <summary>
/// Makes the files <c>dotnet/PID.nettrace</c> of a result directory. A pid that had another runtime before, in an earlier life or
/// before an exec, has its process id of this run and a number behind it. Any thread.
/// </summary>
internal sealed class TraceFolder(ResultDirectory directory) : IDisposable
{
    private readonly Lock _lock = new();
    private readonly HashSet<string> _taken = [];
    private ResultDirectory? _folder;

    /// <summary>A file for the events of a process.</summary>
    /// <exception cref="IOException">It cannot be made.</exception>
    internal GrowingFile Make(FollowedProcess process)
    {
        lock (_lock)
        {
            _folder ??= directory.OpenFolder(RunFiles.TraceFolder);
            int number = 0;
            while (!_taken.Add(NameOf(process, number)))
                number++;
            return _folder.Grow(NameOf(process, number));
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _folder?.Dispose();

    private static string NameOf(FollowedProcess process, int number) => number switch
    {
        0 => string.Create(CultureInfo.InvariantCulture, $"{process.Pid}{RunFiles.TraceEnding}"),
        1 => string.Create(CultureInfo.InvariantCulture, $"{process.Pid}.{process.Id}{RunFiles.TraceEnding}"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{process.Pid}.{process.Id}.{number}{RunFiles.TraceEnding}"),
    };
}
