namespace ForkFollow.Architecture;

/// <summary>What is wrong with the code, a text for each fault; nothing if all is well.</summary>
internal static class Checks
{
    internal static IEnumerable<string> ProjectCycles(Codebase code) =>
        code.ProjectGraph.Cycles.Select(cycle => Report.Cycle(code, code.ProjectGraph, cycle, node => node));

    internal static IEnumerable<string> FolderCycles(Codebase code, string project)
    {
        Digraph graph = code.FolderGraph(project);
        return graph.Cycles.Select(cycle => Report.Cycle(code, graph, cycle, folder => $"{project}/{folder}"));
    }

    internal static IEnumerable<string> AllCycles(Codebase code) =>
        ProjectCycles(code).Concat(code.Projects.SelectMany(project => FolderCycles(code, project.Name)));

    /// <summary>References and uses that <paramref name="mayUse"/> does not have, and projects that it does not know.</summary>
    internal static IEnumerable<string> ForbiddenReferences(Codebase code, IReadOnlyDictionary<string, string[]> mayUse)
    {
        foreach (SourceProject project in code.Projects)
        {
            if (!mayUse.TryGetValue(project.Name, out string[]? allowed))
            {
                yield return $"{project.Name} is not in the table of projects: say what it may use";
                continue;
            }

            foreach (Edge edge in code.ProjectGraph.Leaving(project.Name).Where(edge => !allowed.Contains(edge.To)))
            {
                string how = project.References.Contains(edge.To) ? "refers to" : "uses";
                yield return $"{project.Name} {how} {edge.To}, and may not\n{Report.Names(code, edge.From, edge.To, Report.FewNames)}";
            }
        }
    }

    internal static IEnumerable<string> UsesWithoutReference(Codebase code) => code.UsesWithoutReference()
        .Select(use => (From: use.From.Project, To: use.To.Project)).Distinct()
        .Select(pair => $"{pair.From} uses {pair.To} without a reference\n{Report.Names(code, pair.From, pair.To, Report.FewNames)}");

    /// <summary>Between source projects what is shared is public: an internal that two share is a door that nobody sees.</summary>
    internal static IEnumerable<string> Friends(Codebase code, IReadOnlyCollection<string> tests) => code.Friends
        .Where(friend => !tests.Contains(friend.Assembly))
        .Select(friend => $"{friend.Project} shows its internals to {friend.Assembly}, which is not a test project");

    internal static IEnumerable<string> NativeDeclarations(Codebase code, string native) => code.NativeDeclarations
        .Where(one => one.Place.Project != native)
        .GroupBy(one => one.Place)
        .Select(file => $"{file.Key} binds {string.Join(", ", file.OrderBy(one => one.Line).Select(one => one.Function))}: that is {native}'s");

    internal static IEnumerable<string> NativeCalls(Codebase code, string function, params string[] callers) => code.NativeCalls
        .Where(call => call.Function == function && !callers.Contains(call.Place.Project))
        .Select(call => $"{call.Place}:{call.Line} calls {function}, which is for {string.Join(", ", callers)}");
}
