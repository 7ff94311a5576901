using ForkFollow.Architecture;

// 0: no cycle, and no use without a reference. 1: one. 2: it could not be found out.
const string Help = """
    The graph of the projects in src and of the folders in each, as the code has it: an arrow is a use of a name.
    Exit status 1 if there is a cycle, or a use of a project that no reference leads to.

        dotnet run --project tests/Architecture                   the graph, cycles, and what would break them
        dotnet run --project tests/Architecture -- --mermaid      the graph as a mermaid diagram
        dotnet run --project tests/Architecture -- --why A B      which names of B are used by which files of A

    A and B: a project (Host) or a folder of one, without those in it (Collectors/Perf; Collectors/. for what is in no folder).
    --repository DIR: another copy of the repository than the one that this was built in.

    """;

string root = SourceFolder.ThisRepository;
List<string> rest = [.. args];
if (rest.IndexOf("--repository") is var at and >= 0 && at + 1 < rest.Count)
{
    root = Path.GetFullPath(rest[at + 1]);
    rest.RemoveRange(at, 2);
}

try
{
    switch (rest)
    {
        case []:
            Codebase all = new SourceFolder(root).Read();
            Console.Out.Write(Report.Everything(all));
            return Status(all);
        case ["--mermaid"]:
            Codebase drawn = new SourceFolder(root).Read();
            Console.Out.Write(Report.Mermaid(drawn));
            return Status(drawn);
        case ["--why", var from, var to]:
            return Why(new SourceFolder(root).Read(), Node(from), Node(to));
        case ["--help" or "-h"]:
            Console.Out.Write(Help);
            return 0;
        default:
            Console.Error.Write(Help);
            return 2;
    }
}
catch (Exception e) when (e is IOException or UnauthorizedAccessException or System.Xml.XmlException)
{
    Console.Error.WriteLine($"architecture: {e.Message}");
    return 2;
}

static int Status(Codebase code) => Checks.AllCycles(code).Any() || code.UsesWithoutReference().Any() ? 1 : 0;

// As the shell completes a folder's name.
static string Node(string argument) =>
    argument.TrimEnd('/') is var name && name.StartsWith("src/", StringComparison.Ordinal) ? name["src/".Length..] : name;

static int Why(Codebase code, string from, string to)
{
    foreach (string node in (string[])[from, to])
    {
        if (code.Places.Any(place => place.Project == node || place.Node == node))
            continue;
        Console.Error.WriteLine($"architecture: there is no code in {node}; folders are: "
            + string.Join(' ', code.Places.Select(place => place.Node).Distinct().Order()));
        return 2;
    }

    Console.Out.WriteLine($"{from} → {to}: {code.Names(from, to).Count()} names");
    Console.Out.Write(Report.Names(code, from, to));
    return 0;
}
