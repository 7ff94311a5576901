using ForkFollow.Collectors;
using ForkFollow.Results;

namespace ForkFollow.Service;

/// <summary>A run that goes on, or has ended: one life of a target, or one command. Any thread may read.</summary>
public sealed class FollowedRun
{
    internal FollowedRun(string directory, RunResults results)
    {
        Directory = directory;
        Results = results;
    }

    /// <summary>The full path of its result directory.</summary>
    public string Directory { get; }

    /// <summary>Its processes and what was collected for them, as far as known yet.</summary>
    public RunResults Results { get; }
}

/// <summary>
/// Is told of runs; registered in the services of the host. The calls of one run come one after another on threads of the
/// pool, those of several runs may overlap. An exception is logged, and the run goes on.
/// </summary>
public interface IRunListener
{
    /// <summary>Following has begun.</summary>
    void Began(FollowedRun run)
    {
    }

    /// <summary>Nobody is followed any more; results are being completed and written.</summary>
    void Followed(FollowedRun run)
    {
    }

    /// <summary>All results are complete, and written as far as they could be.</summary>
    /// <param name="run">The run.</param>
    /// <param name="recorded">The same as one picture, with stacks and their functions.</param>
    void Ended(FollowedRun run, RecordedRun recorded)
    {
    }
}
