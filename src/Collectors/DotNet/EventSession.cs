using Microsoft.Diagnostics.NETCore.Client;

namespace ForkFollow.Collectors.DotNet;

/// <summary>Opens an EventPipe session at an endpoint that is named by a path. Any thread.</summary>
internal static class EventSession
{
    /// <summary>What a runtime may keep of events that we have not read yet. It takes memory as it needs it.</summary>
    private const int BufferMb = 64;

    /// <summary>Opens a session, with the names of methods at its end.</summary>
    /// <param name="address">The path of the endpoint's socket.</param>
    /// <param name="fromStart">Whether the runtime waits, so that nothing was compiled yet.</param>
    /// <param name="deadline">Cancelled when it takes too long.</param>
    internal static async Task<EventPipeSession> OpenAsync(string address, bool fromStart, CancellationToken deadline)
    {
        // The constructor that takes an endpoint is internal; this is the public way to one.
        DiagnosticsClientConnector connector =
            await DiagnosticsClientConnector.FromDiagnosticPort($"{address},connect", deadline).ConfigureAwait(false);
        await using (connector.ConfigureAwait(false))
        {
            IReadOnlyList<EventPipeSessionConfiguration> sessions = RuntimeProviders.Sessions(fromStart, BufferMb);
            for (int i = 0; ; i++)
            {
                try
                {
                    return await connector.Instance.StartEventPipeSessionAsync(sessions[i], deadline).ConfigureAwait(false);
                }
                catch (UnsupportedCommandException) when (i < sessions.Count - 1)
                {
                    // An older runtime: the next one asks for less.
                }
            }
        }
    }
}
