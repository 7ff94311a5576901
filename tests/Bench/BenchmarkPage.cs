using System.Globalization;

namespace ForkFollow.Bench;

/// <summary>docs/benchmarks.md: the tables with what a reader must know to trust or repeat them.</summary>
internal static class BenchmarkPage
{
    public static string Write(string root, BenchOptions options, string tables)
    {
        var folder = Directory.CreateDirectory(Path.Combine(root, "docs")).FullName;
        File.WriteAllText(Path.Combine(folder, "benchmarks.md"), Text(options, tables));
        return "docs/benchmarks.md";
    }

    private static string Text(BenchOptions options, string tables)
    {
        var date = DateTime.UtcNow.ToString("yyyy-MM-dd HH:mm", CultureInfo.InvariantCulture);
        var command = $"dotnet run -c Release --project tests/Bench -- {options.CommandLine}";
        var rounds = options.Rounds == 1 ? "1 round" : $"{options.Rounds} rounds";
        var quick = options.Quick ? "\n**Run with `--quick`: these figures only show that the bench works.**" : "";
        return $"""
            # Benchmarks

            Written by the bench itself; do not edit. {date} UTC.

            | | |
            |---|---|
            | CPU | {Machine.Cpu} |
            | CPUs | {Machine.Cores} |
            | kernel | {Machine.Kernel} |
            | forkfollow | {(options.Managed ? $"managed build on {Machine.Runtime}" : "native program")} |
            | command | `{command}` |

            ## How to read it

            A storm is a C program that does one kind of birth over and over and times itself, so the start and the end
            of a tracer are in no figure of a storm. `fork` and `vfork`: the child exits at once and is waited for.
            `exec`: vfork and exec of a tiny static program. `thread`: create and join. Alone: one process does it.
            Three at a time: three do, and the figure is the time until the last is done, divided by what one did.

            The contenders run interleaved in {rounds}, in an order that rotates; the figures are medians.{quick}

            - `none`: no tracer.
            - `bare`: the smallest correct SEIZE loop in C, tests/Bench/native/bareloop.c. The yardstick.
            - `strace-seccomp`: `strace -f --seccomp-bpf -qq -e trace=execve -e signal=none`, output to /dev/null.
            - `strace-plain`: `strace -f -qq`, output to /dev/null: a stop at every system call.
            - `follow`: `forkfollow -q --collect none`: the tree alone.
            - `counters`: `forkfollow -q --collect counters`: counters opened on every child.
            - `profile`: `forkfollow -q --collect counters,cpu`: counters and CPU samples of every child.

            Compare ratios, not microseconds: those belong to the machine and its load. A ratio is that of the two
            medians, and a goal is judged by it. Beside it are the quartiles of the ratios round by round: where they
            lie far apart the machine was not quiet. Alone there is a CPU to spare; three at a time there is none on a
            machine with two CPUs, and a goal that speaks of another kind of machine is not judged.


            """ + tables;
    }
}
