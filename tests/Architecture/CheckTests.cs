using Xunit;

namespace ForkFollow.Architecture;

/// <summary>Each check can fail, and does so only where there is a fault.</summary>
public sealed class CheckTests
{
    private static readonly (string, string)[] _layers =
    [
        ("P/Top/Top.cs", "class Top { Middle? _middle; Low? _low; }"),
        ("P/Middle/Middle.cs", "class Middle { Low? _low; }"),
        ("P/Low/Low.cs", "class Low;"),
    ];

    [Fact]
    public void Layers_are_no_cycle()
    {
        Codebase code = MadeUp.Code(_layers);

        Assert.Empty(Checks.AllCycles(code));
        Assert.EndsWith("\nno cycle\n", Report.Everything(code));
        Assert.Equal(["Low", "Middle", "Top"], code.FolderGraph("P").Layers.Select(Assert.Single));
    }

    /// <summary>What <see cref="ArchitectureTests.Folders_have_no_cycle"/> does with the same code and one arrow more.</summary>
    [Fact]
    public void One_name_that_leads_back_makes_a_cycle_and_is_told()
    {
        Codebase code = MadeUp.Code([.. _layers, ("P/Low/Back.cs", "class Back {\n  Top? _top; }")]);

        string cycle = Assert.Single(Checks.FolderCycles(code, "P"));
        Assert.StartsWith("CYCLE of 3: P/Low, P/Middle, P/Top\n", cycle);
        Assert.Contains("P/Low → P/Top: 1 name\n    Top (Top.cs) ← Back.cs:2\n", cycle);
    }

    [Fact]
    public void Two_parts_of_a_class_in_two_folders_that_need_each_other_are_a_cycle() => Assert.Single(Checks.FolderCycles(
        MadeUp.Code(
            ("P/A/Split.cs", "partial class Split { void One() => Two(); }"),
            ("P/B/Split.More.cs", "partial class Split { void Two() => One(); }")),
        "P"));

    [Fact]
    public void Cycles_apart_are_told_apart_and_broken_where_the_fewest_names_are()
    {
        var graph = new Digraph(
            ["alone"],
            [new("a", "b", 9), new("b", "c", 2), new("c", "a", 5), new("b", "a", 4), new("x", "y", 1), new("y", "x", 3), new("c", "x", 7)]);

        Assert.Equal([["x", "y"], ["a", "b", "c"]], graph.Cycles.OrderBy(cycle => cycle.Count));
        // By the smallest arrow alone (b → c) the way from b to a would be left: 2 + 4 is less than 9.
        Assert.Equal([new("b", "c", 2), new("b", "a", 4)], graph.LeastCut(["a", "b", "c"]));
        Assert.Equal([new("x", "y", 1)], graph.LeastCut(["x", "y"]));
    }

    [Fact]
    public void Of_a_ring_of_very_many_the_smallest_arrow_is_told()
    {
        string[] nodes = [.. Enumerable.Range(0, 40).Select(i => $"{i:00}")];
        var graph = new Digraph(nodes, nodes.Select((node, i) => new Edge(node, nodes[(i + 1) % 40], 100 - i)));

        Assert.Equal([new("39", "00", 61)], graph.LeastCut(Assert.Single(graph.Cycles)));
    }

    [Fact]
    public void Projects_that_refer_to_each_other_are_a_cycle_even_if_no_name_is_used() => Assert.StartsWith(
        "CYCLE of 2: P, Q\n",
        Assert.Single(Checks.ProjectCycles(MadeUp.Code([MadeUp.Project("P", "Q"), MadeUp.Project("Q", "P")], []))));

    [Fact]
    public void A_use_counts_as_an_arrow_between_projects_without_a_reference_too()
    {
        Codebase code = MadeUp.Code(
            [MadeUp.Project("P", "Q"), MadeUp.Project("Q")],
            ("P/User.cs", "class User { Kept? _kept; }"),
            ("Q/Kept.cs", "class Kept { User? _user; }"));

        Assert.Single(Checks.ProjectCycles(code));
        Assert.StartsWith("Q uses P without a reference\n    User (User.cs) ← Kept.cs:1", Assert.Single(Checks.UsesWithoutReference(code)));
    }

    [Fact]
    public void A_use_through_anothers_reference_is_listed_and_so_is_a_reference_that_nobody_uses()
    {
        Codebase code = MadeUp.Code(
            [MadeUp.Project("Top", "Middle"), MadeUp.Project("Middle", "Low"), MadeUp.Project("Low")],
            ("Top/Top.cs", "class Top { Low? _low; }"),
            ("Low/Low.cs", "class Low;"));

        Assert.Empty(Checks.UsesWithoutReference(code));
        Assert.Contains("Low 1 (through another's reference)", Report.Everything(code));
        Assert.Contains("Middle 0 (a reference that nobody uses)", Report.Everything(code));
    }

    [Fact]
    public void References_that_the_table_does_not_have_and_projects_that_it_does_not_know_are_told()
    {
        Codebase code = MadeUp.Code(
            [MadeUp.Project("Top", "Low"), MadeUp.Project("Low"), MadeUp.Project("New")],
            ("Top/Top.cs", "class Top { Low? _low; }"),
            ("Low/Low.cs", "class Low { New? _new; }"),
            ("New/New.cs", "class New;"));

        Assert.Equal(
            ["Low uses New, and may not", "New is not in the table of projects: say what it may use"],
            Checks.ForbiddenReferences(code, Table(("Top", ["Low"]), ("Low", []), ("Future", ["Top"]))).Select(FirstLine));
        Assert.Equal(
            ["Top refers to Low, and may not"],
            Checks.ForbiddenReferences(code, Table(("Top", []), ("Low", ["New"]), ("New", []))).Select(FirstLine));
    }

    [Fact]
    public void Internals_for_anybody_but_a_test_are_told_also_if_shown_by_code()
    {
        Codebase code = MadeUp.Code(
            [MadeUp.Parse("P", "<ItemGroup><InternalsVisibleTo Include='P.Tests;Q' /></ItemGroup>")],
            ("P/Friends.cs", "[assembly: System.Runtime.CompilerServices.InternalsVisibleTo(\"R\")]"));

        Assert.Equal(
            ["P shows its internals to Q, which is not a test project", "P shows its internals to R, which is not a test project"],
            Checks.Friends(code, ["P.Tests"]));
    }

    [Fact]
    public void Functions_of_C_outside_of_their_project_and_calls_by_others_are_told()
    {
        Codebase code = MadeUp.Code(
            ("P/Bound.cs", "class Bound { [System.Runtime.InteropServices.DllImport(\"libc\")] public static extern int ptrace(); }"),
            ("N/unistd.cs", """
                using System.Runtime.InteropServices;
                partial class LibC { [LibraryImport("libc")] public static partial int wait4(); }
                """),
            ("Q/User.cs", "class User { int Get() => Bound.ptrace() + LibC.wait4(); }"));

        Assert.Equal(["P/Bound.cs binds ptrace: that is N's"], Checks.NativeDeclarations(code, "N"));
        Assert.Equal(["Q/User.cs:1 calls ptrace, which is for P"], Checks.NativeCalls(code, "ptrace", "P"));
        Assert.Equal(["Q/User.cs:1 calls wait4, which is for P"], Checks.NativeCalls(code, "wait4", "P"));
        Assert.Empty(Checks.NativeCalls(code, "wait4", "Q"));
    }

    [Fact]
    public void A_diagram_has_a_box_for_each_project_and_a_red_arrow_for_each_of_a_cycle()
    {
        Codebase code = MadeUp.Code(
            ("P/A/One.cs", "class One { Two? _two; }"),
            ("P/B/Two.cs", "class Two { One? _one; }"),
            ("P/Top.cs", "class Top { One? _one; }"));

        Assert.Equal(
            """
            flowchart TB
              subgraph P
                P_A["A"]
                P_B["B"]
                P_root["."]
                P_root -->|1| P_A
                P_A -->|1| P_B
                P_B -->|1| P_A
              end
              linkStyle 1,2 stroke:red

            """,
            Report.Mermaid(code));
    }

    private static Dictionary<string, string[]> Table(params (string Project, string[] Uses)[] rows) =>
        rows.ToDictionary(row => row.Project, row => row.Uses);

    private static string FirstLine(string text) => text.Split('\n')[0];
}
