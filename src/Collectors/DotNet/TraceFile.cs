using System.Globalization;
using ForkFollow.Follower;

namespace ForkFollow.Collectors.DotNet;

/// <summary>
/// Makes the files <c>dotnet/PID.nettrace</c> of a result directory, for their owner only. A pid that had another runtime
/// before, in an earlier life or before an exec, has its process id of this run and a number behind it.
/// </summary>
internal static class TraceFile
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    private const int MostOfAProcess = 1000;

    /// <summary>Makes one.</summary>
    /// <exception cref="IOException">It cannot be made.</exception>
    /// <exception cref="UnauthorizedAccessException">The directory is not ours to write in.</exception>
    internal static FileStream Create(string directory, FollowedProcess process)
    {
        string folder = Path.Combine(directory, "dotnet");
        Directory.CreateDirectory(folder, OwnerOnly | UnixFileMode.UserExecute);
        var options = new FileStreamOptions
        {
            Mode = FileMode.CreateNew, // O_EXCL: no link of somebody else's is followed
            Access = FileAccess.Write,
            UnixCreateMode = OwnerOnly,
            BufferSize = 0, // a fault is told by the write, not at the end
        };
        for (int number = 0; ; number++)
        {
            string name = number switch
            {
                0 => string.Create(CultureInfo.InvariantCulture, $"{process.Pid}.nettrace"),
                1 => string.Create(CultureInfo.InvariantCulture, $"{process.Pid}.{process.Id}.nettrace"),
                _ => string.Create(CultureInfo.InvariantCulture, $"{process.Pid}.{process.Id}.{number}.nettrace"),
            };
            string path = Path.Combine(folder, name);
            try
            {
                return new(path, options);
            }
            catch (IOException) when (number < MostOfAProcess && Path.Exists(path))
            {
                // Taken: the next one.
            }
        }
    }
}
