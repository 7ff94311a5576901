using System.Diagnostics;

namespace ForkFollow.Host.Tests;

/// <summary>Without privileges, and with the two capabilities of the unit: what is done is what the doctor said.</summary>
public sealed class CapabilityTests : IDisposable
{
    private const string Ordinary = "-all";
    private const string OfTheUnit = "-all,+sys_ptrace,+perfmon";

    private readonly ForkFollowProgram _program = new();

    public CapabilityTests() => File.SetUnixFileMode(_program.Folder, (UnixFileMode)0x1FF);

    public void Dispose() => _program.Dispose();

    [SkippableTheory]
    [InlineData(Ordinary)]
    [InlineData(OfTheUnit)]
    public async Task What_works_and_what_is_refused_is_as_the_doctor_says(string capabilities)
    {
        Machine.Need(Machine.Root("to give it up"), Machine.Tool("setpriv"));
        Ended doctor = await RunAsync(capabilities, "doctor");
        Dictionary<string, string> said = doctor.Errors[doctor.Errors.IndexOf("what will work:", StringComparison.Ordinal)..].Split('\n')
            .Where(line => line.Length > 31).ToDictionary(line => line[9..31].Trim(), line => line[..7].Trim());

        using Process target = ForkFollowProgram.Start("/bin/cat", []);
        Ended attached = await RunAsync(capabilities, "-q", "-d", "0.1", "-o", "a", "-p", $"{target.Id}");
        Assert.Equal(said["attach to others'"] == "yes" ? 0 : 2, attached.Status);
        Assert.Equal(said["attach to others'"] != "yes", attached.Errors.Contains("it belongs to uid 0 and we run as uid 65534", StringComparison.Ordinal));
        Assert.Equal(0, (await ForkFollowProgram.EndAsync(target)).Status);

        Ended launched = await RunAsync(capabilities, "-q", "-o", "b", "--", "/bin/sh", "-c", ":; exit 5");
        Assert.Equal((5, ""), (launched.Status, launched.Errors));
        Assert.Equal("yes", said["launch and follow"]);
        RunFile run = RunFile.Read(Path.Combine(_program.Folder, "b", "tree.json"));
        Assert.Equal(
            said["counters of the kernel"] == "yes",
            run.Processes[0].GetProperty("counters").TryGetProperty("context-switches", out _));

        foreach ((string use, string collector) in ((string, string)[])[("waiting", "offcpu"), ("system calls", "syscalls"), ("cpu samples", "cpu")])
        {
            Ended ended = await RunAsync(capabilities, "-q", "-o", collector, "--collect", collector, "--", "/bin/true");
            Assert.Equal((collector, said[use] == "no" ? 2 : 0), (collector, ended.Status));
            Assert.Equal(said[use] == "no", ended.Errors.Contains($"{collector} cannot be collected", StringComparison.Ordinal));
        }

        // What each level is for: no test of equality alone, which two wrongs would pass.
        bool privileged = capabilities == OfTheUnit;
        Assert.Equal(privileged, said["attach to others'"] == "yes");
        Assert.Equal(privileged, said["counters of the kernel"] == "yes" && said["waiting"] == "yes");
    }

    [SkippableFact]
    public async Task The_service_needs_the_capabilities_of_its_unit_to_follow_others()
    {
        Machine.Need(Machine.Root("to give it up"), Machine.Tool("setpriv"));
        using Process target = ForkFollowProgram.Start("/bin/cat", []);
        string settings = $$"""{ "ForkFollow": { "Targets": [ { "Pid": {{target.Id}} } ] } }""";
        await using (ServiceProgram refused = await ServiceProgram.StartAsync(_program, settings, Wrapper(Ordinary)))
        {
            Ended ended = await refused.StopAsync();
            Assert.Equal(0, ended.Status);
            Assert.Single(ended.Errors.Split('\n'), line => line.Contains("it belongs to uid 0", StringComparison.Ordinal));
            Assert.Empty(refused.Runs);
        }

        File.Delete(Path.Combine(_program.Folder, "notify"));
        await using ServiceProgram service = await ServiceProgram.StartAsync(_program, settings, Wrapper(OfTheUnit));
        await Proc.UntilFollowedAsync(target.Id);
        Assert.Equal(0, (await service.StopAsync()).Status);
        Assert.Equal(0, Proc.TracerPid(target.Id));
        RunFile run = RunFile.Read(Path.Combine(Assert.Single(service.Runs), "tree.json"));
        Assert.True(Assert.Single(run.Processes).GetProperty("counters").TryGetProperty("context-switches", out _));
        Assert.Equal(0, (await ForkFollowProgram.EndAsync(target)).Status);
    }

    /// <summary>A user with no more than these capabilities, as the unit makes one.</summary>
    private static string[] Wrapper(string capabilities) =>
    [
        "setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", $"--inh-caps={capabilities}", $"--ambient-caps={capabilities}",
        $"--bounding-set={capabilities}", "--no-new-privs",
    ];

    private Task<Ended> RunAsync(string capabilities, params string[] arguments)
    {
        string[] line = [.. Wrapper(capabilities), ForkFollowProgram.Path_, .. arguments];
        return ForkFollowProgram.RunAnyAsync(line[0], line[1..], _program.Folder);
    }
}
