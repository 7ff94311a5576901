using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using ForkFollow.Follower;
using ForkFollow.Results;

namespace ForkFollow.Host.Tests;

/// <summary>The report, rendered from models made by hand.</summary>
public class TreeReportTests
{
    private const long Ms = 1_000_000;

    private static readonly string[] _heading = ["COMMAND", "WALL", "CPU"];

    [Fact]
    public void A_small_tree_is_drawn_with_all_its_figures()
    {
        TreeReportNode make = Node("make", ["make", "-j2"], Figures(2_000 * Ms, 12 * Ms, 4_100_000, 12, 345), children:
        [
            Node("cc", ["/usr/bin/cc", "-c", "a.c"], Figures(1_230 * Ms, 900 * Ms, 45_600_000, 20_000, 1_200_000), children:
            [
                Node("(cc)", null, Figures(1 * Ms, null, null, null, null), end: ProcessEnd.Lost),
            ]),
            Node("sh", ["sh", "-c", "exit 3"], Figures(45 * Ms, 1 * Ms, 900_000, 1, 2), exit: new(3, 0, false)),
        ]);

        string[] lines = Render(90, make);

        Assert.Equal(
            [
                "COMMAND             WALL     CPU  PEAK RSS  SWITCHES  FAULTS  EXIT",
                "make -j2          2.00 s   12 ms  3.91 MiB        12     345  0",
                "├─cc -c a.c       1.23 s  900 ms  43.5 MiB      20 k   1.2 M  0",
                "│ └─(cc)          1.0 ms       -         -         -       -  lost",
                "└─sh -c 'exit 3'   45 ms  1.0 ms   879 KiB         1       2  3",
            ],
            lines[1..]);
    }

    [Fact]
    public void A_writer_that_is_not_utf8_gets_ascii_only()
    {
        TreeReportNode root = Node("sh", children: [.. Alike("true", 7), Node("a", children: [Node("b")]), Node("c")]);

        using var output = new StringWriter();
        TreeReport.Write(output, Model(root), 50);

        string text = output.ToString();
        Assert.All(text, c => Assert.True(c < 0x80, $"{c} is not ASCII"));
        Assert.Contains("|-true x7", text, StringComparison.Ordinal);
        Assert.Contains("| `-b", text, StringComparison.Ordinal);
        Assert.Contains("`-c", text, StringComparison.Ordinal);
    }

    [Fact]
    public void The_first_line_has_the_totals()
    {
        var totals = new TreeReportTotals { WallNs = 1_500 * Ms, Execs = 1_234 };
        totals.Add(ProcessEnd.Exited, new(0, 0, false), 3, Usage(300 * Ms, 100 * Ms));
        totals.Add(ProcessEnd.Exited, new(2, 0, false), 1, Usage(200 * Ms, 0));
        totals.Add(ProcessEnd.Exited, new(0, 9, false), 1, null);
        totals.Add(ProcessEnd.Exited, new(0, 11, true), 1, null);
        totals.Add(ProcessEnd.Detached, null, 1, null);
        totals.Add(ProcessEnd.Lost, null, 1, null);
        totals.Add(ProcessEnd.Alive, null, 1, null);

        Assert.Equal(
            "7 processes, 9 threads, 1,234 execs; wall 1.50 s; CPU 600 ms (user 500 ms, system 100 ms); "
            + "1 exited non-zero, 2 killed, 1 lost, 1 let go alive, 1 still alive",
            totals.ToLine());
    }

    [Fact]
    public void The_first_line_tells_our_own_time_apart()
    {
        var totals = new TreeReportTotals { WallNs = 1_500 * Ms, OwnWallNs = 1_750 * Ms, Execs = 0 };
        Assert.Contains("; wall 1.50 s (forkfollow 1.75 s); ", totals.ToLine(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("nginx worker process", "nginx: worker process")]
    [InlineData("nginx -g 'daemon off;'", "/usr/local/sbin/nginx", "-g", "daemon off;")]
    [InlineData("nginx", "-")]
    [InlineData("nginx", new string[0])]
    public void An_attached_process_is_named_by_its_executable_and_its_title_stands_behind(string shown, params string[] args)
    {
        RecordedProcess server = new()
        {
            Id = 1,
            Pid = 1,
            Origin = "attached",
            StartNs = -900 * Ms,
            EndNs = 300 * Ms,
            Comm = "ng",
            End = "detached",
            Found = new(100 * Ms, "/usr/sbin/nginx", args),
            Rusage = new(20 * Ms, 0, 0, 0, 0, 6, 1) { Stops = 3 },
            Counters = new Dictionary<string, long> { ["context-switches"] = 10 },
        };
        RecordedRun run = new() { Version = "1", Started = DateTimeOffset.UnixEpoch, DurationNs = 500 * Ms, Processes = [server] };

        string[] lines = Lines(RenderModel(TreeReportBuilder.Build(run), 100));

        Assert.StartsWith("forkfollow: 1 process, 0 threads, 0 execs; wall 200 ms (forkfollow 500 ms); CPU 20 ms", lines[0], StringComparison.Ordinal);
        Assert.Matches($@"^{Regex.Escape(shown)}  +200 ms  +20 ms .* 7 .* detached$", lines[2]);
    }

    [Fact]
    public void If_all_is_well_the_first_line_says_so()
    {
        var totals = new TreeReportTotals { WallNs = Ms, Execs = 1 };
        totals.Add(ProcessEnd.Exited, new(0, 0, false), 1, null);

        Assert.Equal("1 process, 1 thread, 1 exec; wall 1.0 ms; CPU 0 ms (user 0 ms, system 0 ms); all exited 0", totals.ToLine());
    }

    [Fact]
    public void Many_alike_siblings_are_one_row_with_sums_and_the_largest_peak()
    {
        TreeReportNode[] compilers =
        [
            .. Enumerable.Range(1, 412)
                .Select(i => Node("cc1", ["cc1", $"{i}.c"], Figures(10 * Ms, 5 * Ms, i * 1_000_000, 2, 100))),
        ];

        string[] lines = Render(100, Node("make", children: compilers));

        string row = Assert.Single(lines, line => line.Contains("cc1", StringComparison.Ordinal));
        Assert.Equal(["└─cc1", "×412", "Σ4.12", "s", "2.06", "s", "393", "MiB", "824", "41", "k", "0"], Words(row));
        Assert.Contains("×N", lines[^1], StringComparison.Ordinal);
    }

    [Fact]
    public void A_few_alike_siblings_in_a_small_tree_have_a_row_each_in_birth_order()
    {
        TreeReportNode root = Node(
            "sh", children: [Node("sed", ["sed", "1"]), Node("awk"), Node("sed", ["sed", "2"]), Node("sed", ["sed", "3"])]);

        Assert.Equal(["sh", "├─sed 1", "├─awk", "├─sed 2", "└─sed 3"], Commands(Render(100, root)));
    }

    [Fact]
    public void In_a_tree_of_many_rows_even_two_alike_siblings_share_one()
    {
        IEnumerable<TreeReportNode> others = Enumerable.Range(0, 50).Select(i => Node($"tool{i}"));
        TreeReportNode root = Node("sh", children: [Node("sed"), .. others, Node("sed")]);

        string[] commands = Commands(Render(100, root));

        Assert.Equal("├─sed ×2", commands[1]);
        Assert.Single(commands, command => command.Contains("sed", StringComparison.Ordinal));
    }

    [Fact]
    public void Siblings_with_alike_subtrees_collapse_with_what_is_below_them()
    {
        TreeReportNode[] drivers =
        [
            .. Enumerable.Range(1, 10).Select(i => Node("gcc", children: [.. Alike("cc1", 1 + (i % 3)), Node("as")])),
        ];

        Assert.Equal(
            ["make", "└─gcc ×10", "  ├─cc1 ×20", "  └─as ×10"],
            Commands(Render(100, Node("make", children: drivers))));
    }

    [Fact]
    public void A_sibling_with_another_subtree_has_a_row_of_its_own()
    {
        TreeReportNode[] drivers =
        [
            .. Enumerable.Range(1, 6).Select(_ => Node("gcc", children: [Node("cc1"), Node("as")])),
            Node("gcc", ["gcc", "bad.c"], children: [Node("cc1")]),
        ];

        Assert.Equal(
            ["make", "├─gcc ×6", "│ ├─cc1 ×6", "│ └─as ×6", "└─gcc bad.c", "  └─cc1"],
            Commands(Render(100, Node("make", children: drivers))));
    }

    [Fact]
    public void A_fork_without_exec_is_not_alike_a_program_of_its_name()
    {
        TreeReportNode root = Node("bash", children: [.. Alike("(bash)", 5), .. Alike("bash", 5)]);

        Assert.Equal(["bash", "├─(bash) ×5", "└─bash ×5"], Commands(Render(100, root)));
    }

    [Theory]
    [InlineData(ProcessEnd.Exited, 0, 0, false, "0")]
    [InlineData(ProcessEnd.Exited, 1, 0, false, "1")]
    [InlineData(ProcessEnd.Exited, 0, 9, false, "SIGKILL")]
    [InlineData(ProcessEnd.Exited, 0, 11, true, "SIGSEGV (core)")]
    [InlineData(ProcessEnd.Alive, -1, 0, false, "alive")]
    [InlineData(ProcessEnd.Detached, -1, 0, false, "detached")]
    [InlineData(ProcessEnd.Lost, -1, 0, false, "lost")]
    public void The_end_of_one_process_is_told(ProcessEnd end, int code, int signal, bool core, string expected)
    {
        TreeReportNode node = Node("a", end: end, exit: code < 0 ? null : new(code, signal, core));

        Assert.EndsWith("  " + expected, Render(100, node)[2], StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("0 0 0 0 0 0", "0")]
    [InlineData("0 1 0 2 0 k", "3 of 6 failed")]
    [InlineData("1 1 1 1 1 1", "all failed")]
    [InlineData("0 0 a 0 0 0", "1 of 6 alive")]
    [InlineData("d d d d d d", "all detached")]
    [InlineData("0 l a d 0 0", "1 of 6 lost")]
    public void The_ends_of_many_are_summed_up(string ends, string expected)
    {
        TreeReportNode[] children = [.. ends.Split(' ').Select(end => end switch
        {
            "k" => Node("x", exit: new(0, 9, false)),
            "a" => Node("x", end: ProcessEnd.Alive),
            "d" => Node("x", end: ProcessEnd.Detached),
            "l" => Node("x", end: ProcessEnd.Lost),
            _ => Node("x", exit: new(int.Parse(end, CultureInfo.InvariantCulture), 0, false)),
        })];

        Assert.EndsWith("  " + expected, Render(100, Node("sh", children: children))[3], StringComparison.Ordinal);
    }

    [Fact]
    public void A_sum_leaves_out_what_is_not_known()
    {
        TreeReportNode[] children =
        [
            .. Enumerable.Range(0, 5).Select(_ => Node("x", figures: Figures(Ms, null, null, null, null))),
            Node("x", figures: Figures(Ms, 7 * Ms, 1_000_000, 3, 4)),
        ];

        string[] lines = Render(100, Node("sh", figures: Figures(Ms, null, null, null, null), children: children));

        Assert.Equal(["sh", "1.0", "ms", "-", "-", "-", "-", "0"], Words(lines[2]));
        Assert.Equal(["└─x", "×6", "Σ6.0", "ms", "7.0", "ms", "977", "KiB", "3", "4", "0"], Words(lines[3]));
    }

    [Fact]
    public void Columns_in_which_nothing_is_known_are_not_shown()
    {
        string[] lines = Render(100, Node("a", figures: Figures(Ms, Ms, null, null, null)));

        Assert.Equal([.. _heading, "EXIT"], Words(lines[1]));
    }

    [Fact]
    public void Instructions_per_cycle_are_shown_where_a_pmu_counted_them()
    {
        TreeReportFigures counted = new(Ms, Ms, null, null, null, Cycles: 200, Instructions: 300);

        string[] lines = Render(100, Node("a", figures: counted));

        Assert.Equal([.. _heading, "IPC", "EXIT"], Words(lines[1]));
        Assert.Contains("  1.50  ", lines[2], StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(60)]
    [InlineData(80)]
    [InlineData(100)]
    public void No_row_is_wider_than_the_terminal(int width)
    {
        string[] arguments = ["cc1", .. Enumerable.Repeat("-Wall", 1000), "文件.c"];
        TreeReportNode root = Node("make", children: [Node("cc1", arguments), Node("cc1", arguments, exit: new(0, 11, true))]);

        string[] lines = Render(width, root);

        Assert.All(lines[1..], line => Assert.InRange(SafeText.Width(line), 1, width));
        Assert.Contains("├─cc1 -Wall", lines[3], StringComparison.Ordinal);
        Assert.Contains("…  ", lines[3], StringComparison.Ordinal);
    }

    [Fact]
    public void A_narrow_terminal_keeps_the_command_and_its_times_rather_than_counts()
    {
        TreeReportNode root = Node("program-with-quite-a-long-name-and-more");

        Assert.Contains("SWITCHES", Render(100, root)[1], StringComparison.Ordinal);
        Assert.Equal([.. _heading, "EXIT"], Words(Render(50, root)[1]));
    }

    [Fact]
    public void Nothing_that_a_process_says_reaches_the_terminal_raw()
    {
        TreeReportNode root = Node(
            "\x1b[2Jevil\r",
            ["x", "\x1b]0;title\a", "\u202egpj.exe", "a\nforkfollow: all is well", "\u009b31m", "\ud800"],
            children: [.. Enumerable.Repeat(0, 6).Select(_ => Node("\tchild\x7f"))]);
        var model = new TreeReportModel(new() { WallNs = 1, Execs = 1 }, [root], [new("fault", 1, "bad \x1b[0m text")]);

        string text = RenderModel(model, 300);

        Assert.DoesNotContain(text, c => (char.IsControl(c) && c != '\n') || char.IsSurrogate(c) || c == '\u202e');
        Assert.Contains(
            @"\x1b[2Jevil\r \x1b]0;title\x07 \u202egpj.exe 'a\nforkfollow: all is well' \x9b31m \ud800",
            text,
            StringComparison.Ordinal);
        Assert.Contains(@"└─\tchild\x7f ×6", text, StringComparison.Ordinal);
        Assert.Contains(@"bad \x1b[0m text", text, StringComparison.Ordinal);
    }

    [Fact]
    public void An_empty_argument_can_be_seen() =>
        Assert.Equal(["a '' b"], Commands(Render(100, Node("a", ["a", "", "b"]))));

    [Fact]
    public void A_chain_of_forks_of_any_depth_is_cut_and_overflows_no_stack()
    {
        TreeReportNode root = Node("init");
        TreeReportNode last = root;
        for (int i = 1; i < 100_000; i++)
        {
            TreeReportNode next = Node("(bash)");
            last.Children.Add(next);
            last = next;
        }

        string[] lines = [];

        // A stack on which a recursion of this depth has no chance.
        var thread = new Thread(() => lines = Render(100, root), maxStackSize: 256 * 1024);
        thread.Start();
        Assert.True(thread.Join(Wait.Limit));

        Assert.InRange(lines.Length, 100, 200);
        Assert.All(lines[1..], line => Assert.InRange(SafeText.Width(line), 1, 100));
        Assert.Contains("…179 (bash)", lines[181], StringComparison.Ordinal);
        Assert.Contains("99,820 more rows (99,820 processes)", lines[182], StringComparison.Ordinal);
    }

    [Fact]
    public void Of_too_many_rows_the_heaviest_are_kept_with_those_above_them()
    {
        TreeReportNode[] shells =
        [
            .. Enumerable.Range(0, 50_000).Select(i => Node(
                $"sh{i}",
                figures: Figures(Ms, 0, 1, 1, 1),
                children: [Node($"work{i}", figures: Figures(Ms, i % 1000 == 7 ? Ms : 1, 1, 1, 1))])),
        ];

        string[] commands = Commands(Render(100, Node("make", figures: Figures(Ms, 0, 1, 1, 1), children: shells)));

        Assert.Equal(180, commands.Length - 1);
        for (int i = 7; i < 50_000; i += 1000)
        {
            int at = Array.FindIndex(commands, command => command.EndsWith($"─work{i}", StringComparison.Ordinal));
            Assert.True(at > 0, $"work{i} is missing");
            Assert.EndsWith($"─sh{i}", commands[at - 1], StringComparison.Ordinal);
        }

        Assert.Equal("… 99,821 more rows (99,821 processes)", commands[^1]);
        Assert.Equal("make", commands[0]);
    }

    [Fact]
    public void The_last_row_that_is_left_is_drawn_as_the_last()
    {
        TreeReportNode[] children =
            [.. Enumerable.Range(0, 1000).Select(i => Node($"p{i}", figures: Figures(1, 1000 - i, 1, 1, 1)))];

        string[] commands = Commands(Render(100, Node("sh", children: children)));

        Assert.Equal("├─p177", commands[178]);
        Assert.Equal("└─p178", commands[179]);
    }

    [Fact]
    public void A_hundred_thousand_alike_are_two_rows() =>
        Assert.Equal(["sh", "└─true ×100,000"], Commands(Render(100, Node("sh", children: Alike("true", 100_000)))));

    [Fact]
    public void Several_targets_are_several_trees() =>
        Assert.Equal(
            ["nginx", "└─nginx", "postgres"],
            Commands(Render(100, Node("nginx", children: [Node("nginx")]), Node("postgres"))));

    [Fact]
    public void Without_a_process_there_is_no_table()
    {
        string line = Assert.Single(Render(100));
        Assert.StartsWith("forkfollow: 0 processes", line, StringComparison.Ordinal);
    }

    [Fact]
    public void The_top_functions_of_each_program_are_told_and_harmless()
    {
        static RecordedProcess Process(int id, int? parent, string? path) => new()
        {
            Id = id,
            ParentId = parent,
            Pid = id,
            Origin = "fork",
            StartNs = 0,
            EndNs = Ms,
            Comm = "x",
            End = "exited",
            Execs = path is null ? [] : [new(0, path, [path], Path.GetFileName(path).Split('-')[0])],
            Executable = path ?? "/bin/busy-1.2",
        };
        var run = new RecordedRun
        {
            Version = "1",
            Started = DateTimeOffset.UnixEpoch,
            DurationNs = Ms,
            Processes = [Process(1, null, "/bin/busy-1.2"), Process(2, 1, null), Process(3, 1, "/bin/quiet")],
            Profile = new()
            {
                CpuEvent = "cpu-clock",
                Frequency = 99,
                WholeMachine = true,
                Modules = [new("/bin/busy", "", FrameKind.User), new("[kernel]", "", FrameKind.Kernel)],
                Frames = [new("hot()", 0, 1), new("hot()", 0, 2), new("\x1b[31m<script>", 1, 3), new("once", 0, 4)],
                Stacks = new([0, 0, 0, 0, 0], [-1, 0, 1, 2, 3]),
                Threads = [new(1, 1, "x"), new(2, 2, "x"), new(3, 3, "x")],
                Samples = [new(1, 0, 1, 1), new(2, 1, 2, 1), new(3, 1, 2, 1), new(4, 0, 3, 1), new(5, 0, 3, 1), new(6, 2, 4, 1)],
            },
        };

        string[] lines = Lines(RenderModel(TreeReportBuilder.Build(run), 100));

        Assert.Equal(
            [
                "CPU time by cpu-clock at 99 Hz, 6 samples",
                "% OF ALL  % OF ITS  SAMPLES, BY EXECUTABLE AND FUNCTION",
                "   83.3%            busy (/bin/busy-1.2)",
                "             60.0%  hot()  [busy]",
                @"             40.0%  \x1b[31m<script>  [kernel]",
                "   16.7%            quiet",
            ],
            lines[^6..]);
    }

    [Fact]
    public void An_empty_ledger_says_nothing() =>
        Assert.DoesNotContain(Render(100, Node("a")), line => line.Contains("not followed", StringComparison.Ordinal));

    [Fact]
    public void Gaps_that_differ_in_numbers_only_are_one_line_with_a_count()
    {
        RecordedNote[] entries =
        [
            .. Enumerable.Range(100, 1234).Select(pid => new RecordedNote("escaped", pid, $"{pid}: escaped")),
            new("seize-refused", 7, "cannot follow 7: a zombie"),
        ];

        string[] lines = Lines(RenderModel(new(new(), [], entries), 100));

        Assert.Equal(
            [
                "not followed, or not as it should be (tree.json has more):",
                "  ×1,234, the first: 100: escaped",
                "  cannot follow 7: a zombie",
            ],
            lines[1..]);
    }

    [Fact]
    public void The_ledger_is_short_whatever_is_in_it()
    {
        RecordedNote[] entries =
        [
            .. Enum.GetValues<LedgerKind>().SelectMany(kind => Enumerable.Range(0, 100)
                .Select(i => new RecordedNote(kind.ToString(), i, $"{kind} of {new string('x', i)}"))),
        ];

        string[] lines = Lines(RenderModel(new(new(), [], entries), 100));

        Assert.Equal(1 + 1 + 12 + 1, lines.Length);
        Assert.Equal($"  … and {entries.Length - 12} more", lines[^1]);
    }

    [Fact]
    public void What_the_ledger_has_only_counted_is_in_the_sum_of_what_is_not_shown()
    {
        RecordedNote[] entries = [new("fault", 1, "one fault"), new("fault", 0, "999990 more", 999_990), new("escaped", 0, "10 more", 10)];
        string[] lines = Lines(RenderModel(new(new(), [], entries), 100));
        Assert.Equal(["  one fault", "  … and 1,000,000 more"], lines[^2..]);
    }

    /// <summary>A process; unless told otherwise it exited with 0.</summary>
    private static TreeReportNode Node(
        string name,
        string[]? arguments = null,
        TreeReportFigures? figures = null,
        ProcessEnd end = ProcessEnd.Exited,
        ProcessExit? exit = null,
        TreeReportNode[]? children = null)
    {
        var node = new TreeReportNode
        {
            Name = name,
            Arguments = arguments,
            Figures = figures ?? Figures(Ms, Ms, 1_000_000, 1, 1),
            End = end,
            Exit = exit ?? (end == ProcessEnd.Exited ? new(0, 0, false) : null),
        };
        node.Children.AddRange(children ?? []);
        return node;
    }

    private static TreeReportNode[] Alike(string name, int count) => [.. Enumerable.Range(0, count).Select(_ => Node(name))];

    private static TreeReportFigures Figures(long wall, long? cpu, long? peak, long? switches, long? faults) =>
        new(wall, cpu, peak, switches, faults, Cycles: null, Instructions: null);

    private static RecordedUsage Usage(long user, long system) => new(user, system, 0, 0, 0, null, null);

    private static TreeReportModel Model(params TreeReportNode[] roots) => new(new() { WallNs = Ms, Execs = 1 }, roots, []);

    private static string[] Render(int width, params TreeReportNode[] roots) => Lines(RenderModel(Model(roots), width));

    private static string RenderModel(TreeReportModel model, int width)
    {
        using var stream = new MemoryStream();
        using var writer = new StreamWriter(stream, new UTF8Encoding(false));
        TreeReport.Write(writer, model, width);
        return Encoding.UTF8.GetString(stream.ToArray());
    }

    private static string[] Lines(string text)
    {
        Assert.EndsWith("\n", text, StringComparison.Ordinal);
        return text[..^1].Split('\n');
    }

    private static string[] Words(string line) => line.Split(' ', StringSplitOptions.RemoveEmptyEntries);

    /// <summary>The first column of the table, without its heading and without the notes below it.</summary>
    private static string[] Commands(string[] lines) =>
    [
        .. lines[2..].Where(line => !line.StartsWith("×N", StringComparison.Ordinal))
            .Select(line => line.Split("  ").First(part => part.Trim().Length > 0) is var first
                ? line[..(line.IndexOf(first, StringComparison.Ordinal) + first.Length)].Split(" with the least")[0]
                : ""),
    ];
}
