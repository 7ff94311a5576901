using System.Diagnostics;

namespace ForkFollow.Host.Tests;

/// <summary>A process of the machine hangs in the kernel, so that nobody can read its command line.</summary>
public sealed class StuckTests : IDisposable
{
    private readonly ForkFollowProgram _program = new();

    public void Dispose() => _program.Dispose();

    [SkippableFact]
    public async Task A_service_looks_on_says_so_and_ends_when_it_is_told()
    {
        Machine.Need(Stuck.Missing);
        using Started parent = Stuck.Begin(out int pid);
        string mark = "mark-" + Guid.NewGuid().ToString("N")[..10];
        await using ServiceProgram service = await ServiceProgram.StartAsync(
            _program,
            $$"""
            { "ForkFollow": { "Targets": [ { "Arguments": "*{{mark}}*" } ], "Collect": [], "Formats": [] } }
            """);
        await service.UntilSaidAsync($"{pid}: whether it is meant by ");
        using Process target = ForkFollowProgram.Start("/bin/sh", ["-c", "read line; exit 4", mark]);
        await Proc.UntilFollowedAsync(target.Id);
        Ended ended = await service.StopAsync();
        Assert.Equal(0, ended.Status);
        Assert.DoesNotContain($"{pid}: whether it is meant by ", ended.Errors, StringComparison.Ordinal); // it was told once
        Assert.Equal(4, (await ForkFollowProgram.EndAsync(target)).Status);
        parent.Kill(); // before any other is disposed, which looks at all processes
        await parent.EndedAsync();
    }
}
