using System.Xml.Linq;

namespace ForkFollow.Architecture;

/// <summary>Small code that does not exist, for tests of the tool itself.</summary>
internal static class MadeUp
{
    internal static SourceProject Project(string name, params string[] references) => new(name, $"Made.{name}", references, [], []);

    internal static SourceProject Parse(string name, string items) => SourceProject.Parse(name, XDocument.Parse($"<Project>{items}</Project>"));

    /// <summary>Files by PROJECT/PATH; the projects are those, without references.</summary>
    internal static Codebase Code(params (string File, string Text)[] files) =>
        Code([.. files.Select(file => file.File.Split('/')[0]).Distinct().Select(name => Project(name))], files);

    internal static Codebase Code(IReadOnlyList<SourceProject> projects, params (string File, string Text)[] files) => Codebase.Of(
        projects, files.Select(file => new SourceText(file.File.Split('/')[0], file.File[(file.File.IndexOf('/') + 1)..], file.Text)), []);

    /// <summary>Arrows between folders of project P, as "A → B 1".</summary>
    internal static string[] Folders(this Codebase code) =>
        [.. code.FolderGraph("P").Edges.Select(edge => $"{edge.From} → {edge.To} {edge.Weight}").Order(StringComparer.Ordinal)];
}
