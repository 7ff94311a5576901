using ForkFollow.Results;
using Microsoft.Extensions.Logging;

namespace ForkFollow.Service;

/// <summary>
/// Says what of a run's results could not be written. A directory that is gone is the cause of all that follows: it is said once, and
/// nothing else. Any thread.
/// </summary>
internal sealed class ResultLosses(ResultDirectory directory, ILogger logger)
{
    private int _saidAbsence;

    /// <summary>Says one: what, why, remedy in a line.</summary>
    internal void Say(string line)
    {
        if (!SayAbsence())
            logger.LogError("{Line}", line);
    }

    /// <summary>Says so if the directory is not where it was. Gives whether it is not.</summary>
    internal bool SayAbsence()
    {
        if (directory.Absence is not { } absence)
            return false;
        if (Interlocked.Exchange(ref _saidAbsence, 1) == 0)
            logger.LogError("{Line}", absence);
        return true;
    }
}
