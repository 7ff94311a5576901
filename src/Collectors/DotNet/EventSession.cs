using Microsoft.Diagnostics.NETCore.Client;

namespace ForkFollow.Collectors.DotNet;

/// <summary>Opens an EventPipe session at an endpoint that is named by a path. Any thread.</summary>
internal static class EventSession
{
    /// <summary>What a runtime may keep of events that we have not read yet. It takes memory as it needs it.</summary>
    private const int BufferMb = 64;

    /// <summary>Opens a session, with the names of methods at its end.</summary>
    /// <param name="address">The path of the endpoint's socket.</param>
    /// <param name="deadline">Cancelled when it takes too long.</param>
    internal static async Task<EventPipeSession> OpenAsync(string address, CancellationToken deadline)
    {
        // The constructor that takes an endpoint is internal; this is the public way to one.
        DiagnosticsClientConnector connector =
            await DiagnosticsClientConnector.FromDiagnosticPort($"{address},connect", deadline).ConfigureAwait(false);
        await using (connector.ConfigureAwait(false))
        {
            try
            {
                return await StartAsync(connector.Instance, stacks: false, deadline).ConfigureAwait(false);
            }
            catch (UnsupportedCommandException)
            {
                // Runtimes before .NET 8 do not know that stacks can be left out.
                return await StartAsync(connector.Instance, stacks: true, deadline).ConfigureAwait(false);
            }
        }
    }

    private static Task<EventPipeSession> StartAsync(DiagnosticsClient client, bool stacks, CancellationToken deadline) =>
        client.StartEventPipeSessionAsync(
            new EventPipeSessionConfiguration(RuntimeProviders.All, BufferMb, requestRundown: true, requestStackwalk: stacks),
            deadline);
}
