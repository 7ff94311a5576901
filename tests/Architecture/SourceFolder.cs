using System.Text.Json;
using System.Xml.Linq;

namespace ForkFollow.Architecture;

/// <summary>A file of C#: its project, and its path below the project's folder.</summary>
internal sealed record SourceText(string Project, string Path, string Text);

/// <summary>Reads the projects in src of a repository: project files, sources, and what packages they were restored with.</summary>
internal sealed class SourceFolder(string repository)
{
    private readonly string _source = Path.Combine(repository, "src");

    internal static string ThisRepository { get; } = Path.GetFullPath(typeof(SourceFolder).Assembly
        .GetCustomAttributes(typeof(System.Reflection.AssemblyMetadataAttribute), inherit: false)
        .Cast<System.Reflection.AssemblyMetadataAttribute>().Single(one => one.Key == "Repository").Value!);

    internal IReadOnlyList<string> ProjectNames => [.. ProjectFiles().Select(Path.GetFileNameWithoutExtension).OfType<string>()];

    internal Codebase Read() => Codebase.Of(ReadProjects(), ReadTexts(), PackageFiles());

    /// <summary>The assemblies of test projects: the only ones that may see internals.</summary>
    internal IReadOnlyList<string> TestAssemblies() =>
        [.. Directory.EnumerateFiles(Path.Combine(repository, "tests"), "*.csproj", SearchOption.AllDirectories)
            .Select(file => ReadProject(file).AssemblyName)];

    private IEnumerable<string> ProjectFiles() => Directory.EnumerateDirectories(_source).Order(StringComparer.Ordinal)
        .SelectMany(folder => Directory.EnumerateFiles(folder, "*.csproj"));

    private IEnumerable<SourceProject> ReadProjects() => ProjectFiles().Select(ReadProject);

    private SourceProject ReadProject(string file)
    {
        var files = new List<XDocument> { XDocument.Load(file) };
        string folder = Path.GetDirectoryName(file)!;
        do
        {
            folder = Path.GetDirectoryName(folder)!;
            files.InsertRange(0, new[] { "Directory.Build.props", "Directory.Build.targets" }
                .Select(name => Path.Combine(folder, name)).Where(File.Exists).Select(XDocument.Load));
        }
        while (folder.Length > repository.TrimEnd('/').Length);
        return SourceProject.Parse(Path.GetFileNameWithoutExtension(file), files);
    }

    private IEnumerable<SourceText> ReadTexts()
    {
        foreach (string file in ProjectFiles())
        {
            string folder = Path.GetDirectoryName(file)!;
            string project = Path.GetFileNameWithoutExtension(file);
            foreach (string source in Below(folder, "*.cs"))
                yield return new(project, Path.GetRelativePath(folder, source), File.ReadAllText(source));
            foreach (string protocol in Below(folder, "*.proto"))
            {
                if (GeneratedFrom(folder, protocol) is { } generated)
                    yield return new(project, Path.ChangeExtension(Path.GetRelativePath(folder, protocol), ".proto.cs"), File.ReadAllText(generated));
            }
        }
    }

    /// <summary>
    /// The newest class file of a protocol, if it has been built: without it, what it declares is unknown and not counted. It lies in
    /// a folder for the configuration (and perhaps the runtime), and there by the protocol's own path.
    /// </summary>
    private static string? GeneratedFrom(string project, string protocol)
    {
        string objects = Path.Combine(project, "obj");
        string folder = Path.GetDirectoryName(Path.GetRelativePath(project, protocol))!;
        string name = string.Concat(Path.GetFileNameWithoutExtension(protocol).Split('_', '-', '.')
            .Where(part => part.Length > 0).Select(part => char.ToUpperInvariant(part[0]) + part[1..])) + ".cs";
        return !Directory.Exists(objects) ? null : Directory.EnumerateFiles(objects, name, SearchOption.AllDirectories)
            .Where(file => Path.GetDirectoryName(file)!.EndsWith($"/{folder}".TrimEnd('/'), StringComparison.Ordinal))
            .MaxBy(File.GetLastWriteTimeUtc);
    }

    private static IEnumerable<string> Below(string project, string pattern) =>
        Directory.EnumerateFiles(project, pattern, SearchOption.TopDirectoryOnly)
            .Concat(Directory.EnumerateDirectories(project)
                .Where(folder => Path.GetFileName(folder) is not ("obj" or "bin" or "node_modules"))
                .SelectMany(folder => Directory.EnumerateFiles(folder, pattern, SearchOption.AllDirectories)
                    .Where(file => !file.Contains("/node_modules/", StringComparison.Ordinal))))
            .Order(StringComparer.Ordinal);

    /// <summary>
    /// The packages' assemblies, as the last restore has listed them. Without them (nothing restored yet) their names are unknown, and
    /// so is what is reached through them: a few uses less are found.
    /// </summary>
    private IEnumerable<string> PackageFiles()
    {
        foreach (string file in ProjectFiles())
        {
            string assets = Path.Combine(Path.GetDirectoryName(file)!, "obj", "project.assets.json");
            if (!File.Exists(assets))
                continue;
            using var json = JsonDocument.Parse(File.ReadAllBytes(assets));
            string[] folders = [.. json.RootElement.GetProperty("packageFolders").EnumerateObject().Select(one => one.Name)];
            JsonElement libraries = json.RootElement.GetProperty("libraries");
            foreach (JsonProperty package in json.RootElement.GetProperty("targets").EnumerateObject().SelectMany(one => one.Value.EnumerateObject()))
            {
                if (package.Value.GetProperty("type").GetString() != "package" || !package.Value.TryGetProperty("compile", out JsonElement compile))
                    continue;
                string path = libraries.GetProperty(package.Name).GetProperty("path").GetString()!;
                foreach (JsonProperty part in compile.EnumerateObject().Where(one => one.Name.EndsWith(".dll", StringComparison.Ordinal)))
                {
                    if (folders.Select(folder => Path.Combine(folder, path, part.Name)).FirstOrDefault(File.Exists) is { } found)
                        yield return found;
                }
            }
        }
    }
}
