using ForkFollow.Results;

namespace ForkFollow.Host.Tests;

/// <summary>The values and tables of others' collectors in the report at the end, with -v.</summary>
public sealed class TreeReportValuesTests
{
    private const long Ms = 1_000_000;

    [Fact]
    public void A_process_has_its_values_with_their_units_and_its_tables_in_columns()
    {
        RecordedProcess make = Process(1, "make", ["-j2", "all targets"]) with
        {
            Values = [new("app.wait.time", 0.0123, "s"), new("app.mode", "fast"), new("app.cache.hits", 12_345, "{hit}")],
            Tables =
            [
                new("app.rules", [new("rule"), new("time", "s"), new("size", "By"), new("runs", "{run}")], [["all", 1.5, 4100, 2], ["x.o", 0.002, 7, 11]]),
            ],
        };

        string[] lines = Render([make, Process(2, "cc") with { Values = [new("app.mode", "slow")] }, Process(3, "as")]);

        Assert.Equal(
            [
                "make -j2 'all targets' [1001]",
                "  app.wait.time   12 ms",
                "  app.mode        fast",
                "  app.cache.hits  12,345 hit",
                "  app.rules",
                "    RULE    TIME      SIZE  RUNS",
                "    all   1.50 s  4.00 KiB     2",
                "    x.o   2.0 ms       7 B    11",
                "cc [1002]",
                "  app.mode  slow",
            ],
            Section(lines));
    }

    [Fact]
    public void Without_v_and_without_any_there_is_nothing()
    {
        Assert.Empty(Section(Render([Process(1, "sh") with { Values = [new("app.mode", "fast")] }], verbose: false)));
        Assert.Empty(Section(Render([Process(1, "sh")])));
    }

    [Fact]
    public void Of_many_processes_those_with_the_most_CPU_time_are_shown_in_birth_order()
    {
        RecordedProcess[] all =
        [
            .. Enumerable.Range(1, 500).Select(i => Process(i, $"p{i}") with
            {
                Rusage = new(i % 100 * Ms, 0, 0, 0, 0, null, null),
                Values = [new("app.number", i)],
                Tables = [new("app.table", [new("n")], [[i]])],
            }),
        ];

        string[] section = Section(Render(all));

        Assert.InRange(section.Length, 80, 102);
        Assert.Equal("… 480 more processes with less CPU time have some; tree.json has all", section[^1]);
        string[] heads = [.. section.Where(line => line.StartsWith('p'))];
        Assert.Equal(
            [.. Enumerable.Range(0, 5).SelectMany(hundred => Enumerable.Range(96, 4).Select(i => hundred * 100 + i)).Select(i => $"p{i} [{1000 + i}]")],
            heads);
    }

    [Fact]
    public void Of_much_in_one_process_the_first_is_shown_and_the_rest_counted()
    {
        ResultCell[] row = [.. Enumerable.Range(0, 12).Select(i => (ResultCell)i)];
        RecordedProcess process = Process(1, "sh") with
        {
            Values = [.. Enumerable.Range(0, 1000).Select(i => new ResultValue($"app.v{i}", i))],
            Tables =
            [
                .. Enumerable.Range(0, 9).Select(i => new ResultTable(
                    $"app.t{i}", [.. row.Select(cell => new ResultColumn($"c{cell}"))], [.. Enumerable.Repeat(row, 1010)])),
            ],
        };

        string[] section = Section(Render([process]));

        Assert.InRange(section.Length, 50, 100);
        foreach (string more in (string[])["  … 980 more values", "    … 1,000 more rows", "    … 4 more columns", "  … 4 more tables"])
            Assert.Contains(more, section);
    }

    [Fact]
    public void What_is_hostile_does_no_harm()
    {
        const string Bad = "a\u001b[31m\nb\u202e";
        string longest = new('n', 1_000_000);
        string[] section = Section(Render(
        [
            Process(1, Bad, [Bad, longest]) with
            {
                Values = [new(Bad, Bad, Bad), new(longest, longest, longest), new("app.n", 1e300, Bad), new("app.m", -1e-300, "s")],
                Tables = [new(Bad, [new(Bad, Bad), new(longest, longest)], [[Bad, 1], [2, longest]]), new("app.none", [], [[], []]), new("app.rowless", [new("a")], [])],
            },
        ]));

        Assert.All(section, line => Assert.InRange(SafeText.Width(line), 1, 90));
        Assert.All(section.SelectMany(line => line), c => Assert.False(char.IsControl(c) || c == '\u202e'));
        Assert.Contains(@"  a\x1b[31m\nb\u202e", section);
    }

    /// <summary>The lines behind the tree, up to what comes next.</summary>
    private static string[] Section(string[] lines) =>
        [.. lines.SkipWhile(line => line != "values and tables of further collectors and observers:").Skip(1).TakeWhile(line => line.Length > 0)];

    private static string[] Render(RecordedProcess[] processes, bool verbose = true)
    {
        using var text = new Utf8Writer();
        TreeReport.Write(
            text, new RecordedRun { Version = "1", Started = default, DurationNs = 100 * Ms, Processes = processes }, width: 90, verbose);
        return text.ToString().Split('\n');
    }

    private static RecordedProcess Process(int id, string name, string[]? arguments = null) => new()
    {
        Id = id,
        Pid = 1000 + id,
        Origin = "launched",
        StartNs = 0,
        EndNs = 50 * Ms,
        Comm = name,
        Execs = [new(0, "/bin/" + name, [name, .. arguments ?? []])],
        End = "exited",
        Exit = new(),
    };

    private sealed class Utf8Writer : StringWriter
    {
        public override System.Text.Encoding Encoding => System.Text.Encoding.UTF8;
    }
}
