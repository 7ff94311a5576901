using ForkFollow.Follower;

namespace ForkFollow.Host;

/// <summary>Launches a command that does nothing, and follows it to its end.</summary>
internal static class DoctorLaunch
{
    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(30);

    /// <summary>Tries.</summary>
    /// <returns>What failed; null if nothing did.</returns>
    internal static async Task<string?> TryAsync()
    {
        try
        {
            return await FollowAsync().WaitAsync(_patience).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            // The session is left as it is: its end could hang as well, and what it launched dies with us.
            return $"a launched command did not come to its end within {_patience.TotalSeconds} s";
        }
        catch (FollowException e)
        {
            return e.Message;
        }
        catch (Exception e)
        {
            // The doctor reports what is wrong, whatever it is, and goes on to the next item.
            return $"{e.GetType().Name}: {e.Message}";
        }
    }

    private static async Task<string?> FollowAsync()
    {
        string program = File.Exists("/bin/true") ? "/bin/true" : "true";
        var figures = new FollowerFigures();
        await using FollowSession session = await FollowSession
            .LaunchAsync(new() { Command = [program] }, new Nobody(), figures: figures).ConfigureAwait(false);
        await session.Completion.ConfigureAwait(false);
        if (session.Root?.Exit is not { ShellStatus: 0 })
            return $"{program} was followed and did not exit with 0";
        return figures.Ledger.FirstOrDefault()?.Text;
    }

    private sealed class Nobody : IFollowObserver;
}
