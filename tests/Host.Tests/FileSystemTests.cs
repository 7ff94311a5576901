using System.Globalization;
using System.Text.Json;

namespace ForkFollow.Host.Tests;

/// <summary>
/// What a target's files are on is as free as without us: it can be unmounted at once when the last one that uses it has ended, as
/// under perf record, and a file that is removed gives its space back. FORKFOLLOW_ROUNDS=100 looks closer.
/// </summary>
public sealed class FileSystemTests : IDisposable
{
    /// <summary>Everything, by name and by event.</summary>
    private static readonly string[] _all =
        ["--collect", "counters,cpu,offcpu,syscalls,procfs,dotnet", "--procfs-interval", "0.01", "-e", "sched:sched_process_exit"];

    private readonly ForkFollowProgram _program = new();

    private static int Rounds => int.Parse(Environment.GetEnvironmentVariable("FORKFOLLOW_ROUNDS") ?? "20", CultureInfo.InvariantCulture);

    private string Disk => Path.Combine(_program.Folder, "disk");

    private string From => Path.Combine(_program.Folder, "from");

    public void Dispose()
    {
        if (Machine.Tool("umount") is null)
            Started.RunAsync("umount", "-q", "-l", Disk).GetAwaiter().GetResult();
        _program.Dispose();
    }

    /// <summary>Each round mounts, runs a program with a library from there for 50 ms, and unmounts.</summary>
    [SkippableTheory]
    [InlineData("default", false, false)]
    [InlineData("all", false, false)]
    [InlineData("all", false, true)]
    [InlineData("all", true, false)]
    [InlineData("dwarf", false, false)]
    [InlineData("dwarf", true, true)]
    public async Task A_file_system_is_unmounted_when_its_program_has_ended(string collectors, bool loaded, bool apart)
    {
        Prepare();
        using Started? first = loaded ? Load() : null;
        using Started? second = loaded ? Load() : null;
        const string Script = """
            i=0 busy=0
            while [ $i -lt $1 ]; do
                mount -t tmpfs -o size=16m tmpfs "$2" && cp "$3"/* "$2" && "$2/program" 50 || exit 9
                umount "$2" 2>/dev/null || { busy=$((busy + 1)); umount -l "$2"; }
                i=$((i + 1))
            done
            echo "$busy of $i busy"
            """;
        Ended ended = await FollowAsync(collectors, apart, Script, $"{Rounds}", Disk, From);
        Assert.Equal(new Ended(0, $"0 of {Rounds} busy\n", ""), ended);
        Assert.Contains("burn_in_program", Functions(), StringComparison.Ordinal);
        Assert.Contains("burn_in_library", Functions(), StringComparison.Ordinal);
    }

    /// <summary>Also one that lets another program take its place, and is not reaped for long.</summary>
    [SkippableFact]
    public async Task A_file_system_is_unmounted_when_its_program_has_executed_another()
    {
        Prepare();
        const string Script = """
            i=0 busy=0
            while [ $i -lt $1 ]; do
                mount -t tmpfs -o size=16m tmpfs "$2" && cp "$3"/* "$2" || exit 9
                mkfifo "$2.pipe"
                "$2/program" 50 /bin/sh -c 'echo >"$1"; exec sleep 0.3' sh "$2.pipe" &
                read line <"$2.pipe"
                umount "$2" 2>/dev/null || { busy=$((busy + 1)); umount -l "$2"; }
                rm "$2.pipe"
                i=$((i + 1))
            done
            echo "$busy of $i busy"
            """;
        Ended ended = await FollowAsync("all", apart: false, Script, $"{Rounds}", Disk, From);
        Assert.Equal(new Ended(0, $"0 of {Rounds} busy\n", ""), ended);
    }

    [SkippableTheory]
    [InlineData("default")]
    [InlineData("dwarf")]
    public async Task The_space_of_a_removed_program_is_free_at_once(string collectors)
    {
        Prepare();
        const string Script = """
            mount -t tmpfs -o size=6m tmpfs "$2" || exit 9
            head -c 4000000 /dev/zero >>"$3/program"
            i=0
            while [ $i -lt $1 ]; do
                cp "$3"/* "$2" && "$2/program" 50 && rm "$2"/* || exit 8
                i=$((i + 1))
            done
            umount "$2" || exit 7
            echo fits
            """;
        Ended ended = await FollowAsync(collectors, apart: false, Script, $"{Rounds}", Disk, From);
        Assert.Equal(new Ended(0, "fits\n", ""), ended);
        Assert.Contains("burn_in_program", Functions(), StringComparison.Ordinal);
    }

    /// <summary>The socket of its diagnostic port is there: we find it, connect to it and read from it until its end.</summary>
    [SkippableTheory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_file_system_is_unmounted_when_a_runtime_with_its_socket_there_has_ended(bool apart)
    {
        Prepare();
        const string Script = """
            i=0 busy=0
            while [ $i -lt $1 ]; do
                mount -t tmpfs -o size=16m tmpfs "$2" || exit 9
                printf '\n\n' | TMPDIR="$2" "$3" gc:5 hot:50 >/dev/null || exit 8
                umount "$2" 2>/dev/null || { busy=$((busy + 1)); umount -l "$2"; }
                i=$((i + 1))
            done
            echo "$busy of $i busy"
            """;
        int rounds = Math.Max(3, Rounds / 4);
        Ended ended = await FollowAsync("all", apart, Script, $"{rounds}", Disk, Metadata.Of("BusyProgram"));
        Assert.Equal(new Ended(0, $"0 of {rounds} busy\n", ""), ended);
        List<JsonElement> runtimes = [];
        foreach (JsonElement process in _program.ReadTree().Processes)
        {
            if (process.TryGetProperty("dotnet", out JsonElement dotnet) && dotnet.ValueKind == JsonValueKind.Object)
                runtimes.Add(dotnet);
        }

        Assert.Equal(rounds, runtimes.Count);
        Assert.All(runtimes, dotnet => Assert.True(dotnet.GetProperty("complete").GetBoolean()));
    }

    /// <summary>The file that tells the functions of compiled code is in a /tmp that goes with its process, or stays until the run's end.</summary>
    [SkippableTheory]
    [InlineData("default", true)]
    [InlineData("dwarf", true)]
    [InlineData("default", false)]
    [InlineData("dwarf", false)]
    public async Task Compiled_code_has_its_functions_where_tmp_is_a_file_system_of_its_own(string collectors, bool apart)
    {
        Machine.Need(SmallDisk.Missing, Machine.KernelEvents, Machine.Tracepoints, Machine.MountNamespace, Machine.Tool("node"));
        const string Spin = "function spinTheWheel(n) { let x = 0; for (let i = 0; i < n; i++) x = (x + i * 3) % 1000003; return x; } "
            + "let s = 0; for (let k = 0; k < 500; k++) s += spinTheWheel(1000000); process.exitCode = s & 0;";
        const string Node = "node --perf-basic-prof -e \"$1\"";
        string program = apart ? ForkFollowProgram.Path_ : "/srv/" + Path.GetFileName(ForkFollowProgram.Path_);
        string[] us = [program, .. Options(collectors), "--format", "folded", "-q", "-o", apart ? "out" : "/mnt/out", "--"];
        string[] shell = ["/bin/sh", "-c"];

        // In one case it is the /tmp of us both, and our roots are the same. What we need is bound where it is seen.
        const string Mount = "mount -t tmpfs tmpfs /tmp || exit 9;";
        string[] command = apart
            ? [.. us, "unshare", "-m", .. shell, $"{Mount} {Node} && umount /tmp && echo free", "sh", Spin]
            : ["unshare", "-m", .. shell, $"mount --bind . /mnt && mount --bind \"$1\" /srv && shift && {Mount} exec \"$@\"", "sh", Path.GetDirectoryName(ForkFollowProgram.Path_)!, .. us, .. shell, $"{Node} && echo free", "sh", Spin];
        Ended ended = await ForkFollowProgram.RunAnyAsync(command[0], command[1..], _program.Folder);
        Assert.Equal(new Ended(0, "free\n", ""), ended);
        Assert.Contains("spinTheWheel", Functions(), StringComparison.Ordinal);
    }

    /// <summary>Of one that runs on we have nothing open either, once it was looked at.</summary>
    [SkippableTheory]
    [InlineData(false, false)]
    [InlineData(true, false)]
    [InlineData(true, true)]
    public async Task Nothing_of_a_targets_file_system_stays_open_while_it_runs(bool attached, bool apart)
    {
        Prepare();
        Machine.Need(Machine.Attach);
        Tools.Run("mount", "-t", "tmpfs", "-o", "size=32m", "tmpfs", Disk);
        Tools.Run("cp", "-r", From + "/.", Disk);
        string device = Tools.Run("stat", "-c", "%Hd:%Ld %d", Disk).Trim();

        // It runs, works and has its temporary files there.
        string[] command = [.. Apart(apart), "env", "TMPDIR=" + Disk, Disk + "/program", "600000"];
        using Started? target = attached ? ForkFollowProgram.Start(command[0], command[1..], Disk) : null;
        if (target is not null)
            await Wait.UntilAsync(() => Proc.Executable(target.Id) == Disk + "/program", "the program runs");
        using Started us = _program.Start(
            [.. _all, "--call-graph", "dwarf", "-d", "600", "-q", .. attached ? ["-p", $"{target!.Id}"] : (string[])["--", .. command]]);
        await Wait.UntilAsync(() => File.Exists(Path.Combine(_program.Results, "profile.data")), "it was sampled");
        await Wait.UntilAsync(() => Open(us.Id, device).Count == 0, "nothing is open: " + string.Join(", ", Open(us.Id, device)));
        us.Kill();
    }

    private static string[] Apart(bool apart) => apart ? ["unshare", "-m"] : [];

    /// <summary>A program that keeps a CPU busy.</summary>
    private static Started Load() => Started.Begin("/bin/sh", "-c", "while :; do :; done");

    /// <summary>Compiles what is run: half of its time is spent in its library.</summary>
    private void Prepare()
    {
        Machine.Need(SmallDisk.Missing, Machine.KernelEvents, Machine.Tracepoints, Machine.MountNamespace);
        Chain.NeedLibrary();
        Directory.CreateDirectory(Disk);
        Directory.CreateDirectory(From);
        string source = Path.Combine(_program.Folder, "burn.c");
        File.WriteAllText(source, """
            #include <stdlib.h>
            #include <time.h>
            #include <unistd.h>
            static long now(void)
            {
                struct timespec time;
                clock_gettime(CLOCK_MONOTONIC, &time);
                return time.tv_sec * 1000 + time.tv_nsec / 1000000;
            }
            __attribute__((noinline)) void BURN(long ms)
            {
                volatile unsigned sum = 0;
                for (long end = now() + ms; now() < end;)
                    for (int i = 0; i < 100000; i++)
                        sum = sum + i;
            }
            #ifdef MAIN
            void burn_in_library(long ms);
            int main(int argc, char **argv)
            {
                BURN(atol(argv[1]) / 2);
                burn_in_library(atol(argv[1]) / 2);
                return argc > 2 ? execv(argv[2], argv + 2) : 0;
            }
            #endif
            """);
        Tools.Run("cc", "-O1", "-fno-omit-frame-pointer", "-fPIC", "-shared", "-DBURN=burn_in_library", source, "-o", From + "/libburn.so");
        Tools.Run(
            "cc", "-O1", "-fno-omit-frame-pointer", "-DMAIN", "-DBURN=burn_in_program", source, "-o", From + "/program", "-L" + From, "-lburn",
            "-Wl,-rpath,$ORIGIN");
    }

    private static string[] Options(string collectors) => collectors switch
    {
        "all" => _all,
        "dwarf" => [.. _all, "--call-graph", "dwarf"],
        _ => [],
    };

    private Task<Ended> FollowAsync(string collectors, bool apart, string script, params string[] arguments) => _program.RunAsync(
        [.. Options(collectors), "--format", "folded", "-q", "--", .. Apart(apart), "/bin/sh", "-c", script, "sh", .. arguments]);

    private string Functions() => File.ReadAllText(Path.Combine(_program.Results, "profile.folded"));

    /// <summary>What a process has of a file system: open files, mappings, its folder.</summary>
    /// <param name="pid">The process.</param>
    /// <param name="device">Its number in both forms.</param>
    private static List<string> Open(int pid, string device)
    {
        string[] forms = device.Split(' ');
        string hexadecimal = string.Join(':', forms[0].Split(':').Select(number => int.Parse(number, CultureInfo.InvariantCulture).ToString("x2", CultureInfo.InvariantCulture)));
        Finished stat = Started.RunAsync("/bin/sh", "-c", $"stat -L -c '%d %n' /proc/{pid}/fd/* /proc/{pid}/cwd /proc/{pid}/root").GetAwaiter().GetResult();
        return
        [
            .. stat.Output.Split('\n').Where(line => line.StartsWith(forms[1] + " ", StringComparison.Ordinal)),
            .. File.ReadLines($"/proc/{pid}/maps").Where(line => line.Split(' ')[3] == hexadecimal),
        ];
    }
}
