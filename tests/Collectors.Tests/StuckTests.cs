using System.Diagnostics;
using ForkFollow.Collectors.DotNet;
using ForkFollow.Native;

namespace ForkFollow.Collectors.Tests;

/// <summary>A process whose memory cannot be read, since it hangs in the kernel: nobody of us hangs with it.</summary>
public sealed class StuckTests
{
    [SkippableTheory]
    [InlineData("cmdline")]
    [InlineData("environ")]
    public async Task A_reading_that_hangs_is_left_behind_at_the_deadline(string file)
    {
        Machine.Need(Stuck.Missing);
        using Started parent = Stuck.Begin(out int pid);
        string path = $"/proc/{pid}/{file}";
        Assert.Equal(ProcOutcome.Stuck, await ReadAsync(path));

        // From now on it costs nothing, and others are read meanwhile.
        long begun = Stopwatch.GetTimestamp();
        for (int i = 0; i < 100; i++)
            Assert.Equal(ProcOutcome.Stuck, await ReadAsync(path));
        Assert.Equal(ProcOutcome.Read, await ReadAsync($"/proc/self/{file}"));
        Assert.InRange(Stopwatch.GetElapsedTime(begun).TotalSeconds, 0, 30);

        Signalling.Send(parent.Id, "KILL");
        await parent.EndedAsync();
        ProcOutcome outcome = ProcOutcome.Stuck;
        await Wait.UntilAsync(() => (outcome = ReadAsync(path).GetAwaiter().GetResult()) != ProcOutcome.Stuck, "it is read again");
        Assert.True(outcome is ProcOutcome.Gone or ProcOutcome.Read, $"{outcome}"); // as a zombie it has no memory
    }

    [Fact]
    public void A_file_is_read_as_far_as_there_is_room()
    {
        byte[] all = File.ReadAllBytes("/proc/self/environ");
        byte[] buffer = new byte[all.Length + 100_000];
        Assert.Equal(ProcOutcome.Read, PatientFile.Read("/proc/self/environ", buffer, out int length));
        Assert.Equal(all, buffer[..length]);
        Assert.Equal(ProcOutcome.Read, PatientFile.Read("/proc/self/environ", buffer.AsSpan(0, 10), out length));
        Assert.Equal(all[..10], buffer[..length]);
        Assert.Equal(ProcOutcome.Gone, PatientFile.Read("/proc/2147483647/environ", buffer, out length));
        Assert.Equal(0, length);
    }

    [SkippableFact]
    public async Task The_diagnostic_port_of_one_that_hangs_is_looked_for_in_tmp()
    {
        Machine.Need(Stuck.Missing);
        using Started parent = Stuck.Begin(out int pid);
        EndpointFinder? finder = await Wait.For(Task.Run(() => EndpointFinder.Of(pid)), "the finder");
        Assert.Equal((true, "/tmp"), (finder!.IsGuessed, finder.Directory));
    }

    private static Task<ProcOutcome> ReadAsync(string path) =>
        Wait.For(Task.Run(() => PatientFile.Read(path, new byte[1000], out _)), "the end of a reading");
}
