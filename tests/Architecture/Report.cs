using System.Text;

namespace ForkFollow.Architecture;

/// <summary>What the command prints.</summary>
internal static class Report
{
    /// <summary>As many names as tell what an arrow is about; --why has them all.</summary>
    internal const int FewNames = 8;

    internal static string Everything(Codebase code)
    {
        var text = new StringBuilder();
        text.Append("projects, from the top: what each uses, and how many names of it\n");
        foreach (string project in code.ProjectGraph.Layers.Reverse().SelectMany(layer => layer))
            text.Append(Arrows(project, code.ProjectGraph.Leaving(project), edge => ProjectNote(code, edge)));
        Append(text, [.. Checks.ProjectCycles(code)]);
        foreach (SourceProject project in code.Projects)
        {
            Digraph folders = code.FolderGraph(project.Name);
            text.Append($"\nfolders of {project.Name}\n");
            foreach (string folder in folders.Layers.Reverse().SelectMany(layer => layer))
                text.Append(Arrows(folder, folders.Leaving(folder), _ => ""));
            Append(text, [.. Checks.FolderCycles(code, project.Name)]);
        }

        foreach (string fault in Checks.UsesWithoutReference(code))
            text.Append($"\nerror: {fault}");
        int cycles = Checks.AllCycles(code).Count();
        text.Append(cycles == 0 ? "\nno cycle\n" : $"\n{cycles} cycle{(cycles == 1 ? "" : "s")}\n");
        return text.ToString();
    }

    /// <summary>The nodes of a cycle, and what would have to move: the lightest arrows that break it, with their names.</summary>
    internal static string Cycle(Codebase code, Digraph graph, IReadOnlyList<string> cycle, Func<string, string> node)
    {
        var text = new StringBuilder();
        IReadOnlyList<Edge> cut = graph.LeastCut(cycle);
        text.Append($"CYCLE of {cycle.Count}: {string.Join(", ", cycle.Select(node))}\n");
        text.Append($"  broken with the fewest names by {cut.Count} of its {graph.Within(cycle).Count()} arrows, ");
        text.Append($"{Count(cut.Sum(edge => edge.Weight))}:\n");
        foreach (Edge edge in cut)
        {
            text.Append($"  {node(edge.From)} → {node(edge.To)}: {Count(edge.Weight)}\n");
            text.Append(Names(code, node(edge.From), node(edge.To), FewNames));
        }

        return text.ToString();
    }

    /// <summary>The names of one side that the other uses, by type, and the places that do.</summary>
    internal static string Names(Codebase code, string from, string to, int most = int.MaxValue)
    {
        var text = new StringBuilder();
        var names = code.Between(from, to).GroupBy(use => (use.Name, use.To)).OrderBy(group => group.Key.Name, StringComparer.Ordinal).ToList();
        foreach (var name in names.Take(most))
        {
            IEnumerable<string> users = name.GroupBy(use => use.From)
                .Select(file => $"{Relative(file.Key, from)}:{string.Join(',', file.Select(use => use.Line).Distinct().Take(3))}");
            text.Append($"    {name.Key.Name} ({Relative(name.Key.To, to)}) ← {string.Join(' ', users)}\n");
        }

        if (names.Count > most)
            text.Append($"    … and {names.Count - most} more: --why {from} {to}\n");
        return text.ToString();
    }

    /// <summary>A flowchart: a box for each project with its folders, arrows with the numbers of names, those of a cycle in red.</summary>
    internal static string Mermaid(Codebase code)
    {
        var text = new StringBuilder("flowchart TB\n");
        var red = new List<int>();
        int arrows = 0;
        foreach (SourceProject project in code.Projects)
        {
            Digraph folders = code.FolderGraph(project.Name);
            text.Append($"  subgraph {project.Name}\n");
            foreach (string folder in folders.Layers.SelectMany(layer => layer))
                text.Append($"    {Id(project.Name, folder)}[\"{folder}\"]\n");
            Draw(folders, folder => Id(project.Name, folder), "    ");
            text.Append("  end\n");
        }

        Draw(code.ProjectGraph, project => project, "  ");
        if (red.Count > 0)
            text.Append($"  linkStyle {string.Join(',', red)} stroke:red\n");
        return text.ToString();

        void Draw(Digraph graph, Func<string, string> id, string indent)
        {
            HashSet<Edge> circular = [.. graph.Cycles.SelectMany(graph.Within)];
            foreach (Edge edge in graph.Edges.OrderBy(edge => (edge.From, edge.To)))
            {
                if (circular.Contains(edge))
                    red.Add(arrows);
                arrows++;
                text.Append($"{indent}{id(edge.From)} -->|{edge.Weight}| {id(edge.To)}\n");
            }
        }
    }

    private static string Id(string project, string folder) => $"{project}_{(folder == "." ? "root" : folder.Replace('/', '_').Replace('.', '_'))}";

    private static string Arrows(string node, IEnumerable<Edge> leaving, Func<Edge, string> note)
    {
        string[] to = [.. leaving.OrderByDescending(edge => edge.Weight).Select(edge => $"{edge.To} {edge.Weight}{note(edge)}")];
        return $"  {node,-18} → {(to.Length == 0 ? "nothing" : string.Join(", ", to))}\n";
    }

    private static string ProjectNote(Codebase code, Edge edge)
    {
        bool direct = code.Projects.Single(one => one.Name == edge.From).References.Contains(edge.To);
        return (direct, edge.Weight) switch
        {
            (true, 0) => " (a reference that nobody uses)",
            (true, _) => "",
            (false, _) when code.Reaches(edge.From, edge.To) => " (through another's reference)",
            (false, _) => " (WITHOUT A REFERENCE)",
        };
    }

    private static string Count(int names) => names switch
    {
        0 => "a reference alone",
        1 => "1 name",
        _ => $"{names} names",
    };

    // Below the folder that is spoken of.
    private static string Relative(Place place, string side) =>
        place.Node == side ? Path.GetFileName(place.Path) : place.Project == side ? place.Path : place.ToString();

    private static void Append(StringBuilder text, IReadOnlyList<string> cycles)
    {
        foreach (string cycle in cycles)
            text.Append(cycle);
    }
}
