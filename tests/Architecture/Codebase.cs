using System.Runtime.InteropServices;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;

namespace ForkFollow.Architecture;

/// <summary>A file of a project. A nested folder is a folder of its own; the project's own is ".".</summary>
internal sealed record Place(string Project, string Path)
{
    internal string Folder { get; } = System.IO.Path.GetDirectoryName(Path) is { Length: > 0 } folder ? folder : ".";

    /// <summary>Project and folder: what an argument of the command names.</summary>
    internal string Node => $"{Project}/{Folder}";

    public override string ToString() => $"{Project}/{Path}";
}

/// <summary>A name that is declared in one file, and used in a line of another (or of the same).</summary>
internal sealed record Use(Place From, int Line, Place To, string Name);

/// <summary>A line with a function of C: its declaration, or a use of it.</summary>
internal sealed record NativeUse(Place Place, int Line, string Function);

/// <summary>The code of all projects, and who uses which names of whom.</summary>
internal sealed class Codebase
{
    /// <summary>What the SDK writes for ImplicitUsings, into a file that is there only after a build.</summary>
    private static readonly string[] _implicitUsings =
        ["System", "System.Collections.Generic", "System.IO", "System.Linq", "System.Net.Http", "System.Threading", "System.Threading.Tasks"];

    // Of what we run with only the framework itself: the rest is the test platform and the compiler. Shared, since they are read once.
    private static readonly Lazy<PortableExecutableReference[]> _framework = new(() =>
        [.. ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!).Split(Path.PathSeparator)
            .Where(file => file.StartsWith(RuntimeEnvironment.GetRuntimeDirectory(), StringComparison.Ordinal))
            .Select(file => MetadataReference.CreateFromFile(file))]);

    private Codebase(IReadOnlyList<SourceProject> projects, IReadOnlyList<Place> places, UseFinder found)
    {
        Projects = projects;
        Places = places;
        Uses = [.. found.Uses.OrderBy(use => use.From.ToString(), StringComparer.Ordinal).ThenBy(use => use.Line)];
        NativeDeclarations = [.. found.NativeDeclarations];
        NativeCalls = [.. found.NativeCalls];
        Friends = [.. projects.SelectMany(project => project.Friends.Select(friend => (project.Name, friend))).Concat(found.Friends).Order()];
        ProjectGraph = new(
            projects.Select(project => project.Name),
            projects.SelectMany(from => from.References.Concat(Used(from.Name)).Distinct()
                .Select(to => new Edge(from.Name, to, Names(from.Name, to).Count()))));
    }

    internal IReadOnlyList<SourceProject> Projects { get; }

    internal IReadOnlyList<Place> Places { get; }

    internal IReadOnlyList<Use> Uses { get; }

    internal IReadOnlyList<NativeUse> NativeDeclarations { get; }

    internal IReadOnlyList<NativeUse> NativeCalls { get; }

    /// <summary>A project, and an assembly that sees its internals.</summary>
    internal IReadOnlyList<(string Project, string Assembly)> Friends { get; }

    /// <summary>An arrow for each reference and for each use; its weight is the number of names.</summary>
    internal Digraph ProjectGraph { get; }

    /// <summary>
    /// One compilation of everything: whether a project may see another is what is to be found out, so nothing is hidden from it.
    /// Its errors (generated code is missing) are of no interest: a name that means nothing is not counted.
    /// </summary>
    internal static Codebase Of(IEnumerable<SourceProject> projects, IEnumerable<SourceText> texts, IEnumerable<string> packages)
    {
        SourceProject[] all = [.. projects];
        var options = new CSharpParseOptions(LanguageVersion.Preview, DocumentationMode.None);
        var places = texts.AsParallel().AsOrdered().ToDictionary(
            text => CSharpSyntaxTree.ParseText(text.Text, options, $"{text.Project}/{text.Path}"),
            text => new Place(text.Project, text.Path));
        IEnumerable<string> usings = _implicitUsings.Select(name => $"global using {name};").Concat(all.SelectMany(one => one.Usings));
        var compilation = CSharpCompilation.Create(
            "everything",
            places.Keys.Append(CSharpSyntaxTree.ParseText(string.Join('\n', usings.Distinct()), options)),
            _framework.Value.Concat(packages.Select(file => MetadataReference.CreateFromFile(file)))
                .DistinctBy(one => Path.GetFileName(one.FilePath)),
            new(OutputKind.ConsoleApplication, allowUnsafe: true, nullableContextOptions: NullableContextOptions.Enable));
        var finder = new UseFinder(compilation, places, all);
        finder.Run();
        return new(all, [.. places.Values], finder);
    }

    /// <summary>The folders of a project, and what they use of each other.</summary>
    internal Digraph FolderGraph(string project) => new(
        Places.Where(place => place.Project == project).Select(place => place.Folder),
        Uses.Where(use => use.From.Project == project && use.To.Project == project)
            .GroupBy(use => (use.From.Folder, To: use.To.Folder))
            .Select(group => new Edge(group.Key.Folder, group.Key.To, group.Select(use => use.Name).Distinct().Count())));

    /// <summary>Uses of one side's names by the other; a side is a project, or a folder of it (<see cref="Place.Node"/>).</summary>
    internal IEnumerable<Use> Between(string from, string to) => Uses.Where(use => Is(use.From, from) && Is(use.To, to));

    internal IEnumerable<string> Names(string from, string to) => Between(from, to).Select(use => use.Name).Distinct();

    /// <summary>Whether a project refers to another, or to one that does.</summary>
    internal bool Reaches(string from, string to) => References().Reachable(from).Contains(to);

    /// <summary>Uses of a project that no reference leads to: this does not compile, or does so by luck.</summary>
    internal IEnumerable<Use> UsesWithoutReference()
    {
        Digraph references = References();
        return Uses.Where(use => use.From.Project != use.To.Project && !references.Reachable(use.From.Project).Contains(use.To.Project));
    }

    private Digraph References() => new(
        Projects.Select(project => project.Name),
        Projects.SelectMany(project => project.References.Select(to => new Edge(project.Name, to, 1))));

    private IEnumerable<string> Used(string project) =>
        Uses.Where(use => use.From.Project == project).Select(use => use.To.Project).Where(to => to != project).Distinct();

    private static bool Is(Place place, string node) => place.Project == node || place.Node == node;
}
