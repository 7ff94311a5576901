using System.Xml.Linq;

namespace ForkFollow.Architecture;

/// <summary>What a project file says of its neighbours. Conditions are not evaluated: what may hold, counts.</summary>
/// <param name="Name">The name of the file, without its ending.</param>
/// <param name="AssemblyName">What others name it by in InternalsVisibleTo.</param>
/// <param name="References">Names of the projects that it refers to.</param>
/// <param name="Friends">Assemblies that see its internals.</param>
/// <param name="Usings">Namespaces that all its files use, as directives.</param>
internal sealed record SourceProject(
    string Name,
    string AssemblyName,
    IReadOnlyList<string> References,
    IReadOnlyList<string> Friends,
    IReadOnlyList<string> Usings)
{
    /// <param name="name">The name of the project.</param>
    /// <param name="files">Its project file, and the Directory.Build files above it.</param>
    internal static SourceProject Parse(string name, params IEnumerable<XDocument> files)
    {
        XElement[] elements = [.. files.SelectMany(file => file.Descendants())];
        string assembly = Expand(elements.LastOrDefault(one => one.Name.LocalName == "AssemblyName")?.Value.Trim() ?? name, name, name);
        return new(
            name,
            assembly,
            [.. Items("ProjectReference").Where(IsForCompiling).SelectMany(Included).Select(NameOf).Distinct()],
            [.. Items("InternalsVisibleTo").SelectMany(Included).Distinct()],
            [.. Items("Using").SelectMany(Directives)]);

        IEnumerable<XElement> Items(string kind) => elements.Where(one => one.Name.LocalName == kind);

        IEnumerable<string> Included(XElement item) => Expand(item.Attribute("Include")?.Value ?? "", name, assembly)
            .Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);

        IEnumerable<string> Directives(XElement item) => Included(item).Select(target =>
            item.Attribute("Alias") is { } alias ? $"global using {alias.Value} = {target};"
            : item.Attribute("Static")?.Value == "true" ? $"global using static {target};"
            : $"global using {target};");
    }

    /// <summary>The only properties that such items are written with.</summary>
    private static string Expand(string text, string name, string assembly) => text
        .Replace("$(MSBuildProjectName)", name, StringComparison.OrdinalIgnoreCase)
        .Replace("$(AssemblyName)", assembly, StringComparison.OrdinalIgnoreCase);

    // A reference for the order of builds alone brings no names.
    private static bool IsForCompiling(XElement reference) => reference.Attributes().Select(one => (one.Name.LocalName, one.Value))
        .Concat(reference.Elements().Select(one => (one.Name.LocalName, one.Value)))
        .All(one => one.LocalName != "ReferenceOutputAssembly" || !one.Value.Equals("false", StringComparison.OrdinalIgnoreCase));

    private static string NameOf(string path) => Path.GetFileNameWithoutExtension(path.Replace('\\', '/'));
}
