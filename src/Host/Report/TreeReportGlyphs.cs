using System.Text;

namespace ForkFollow.Host;

/// <summary>The signs that a report is drawn with.</summary>
/// <param name="Branch">Before a row with a later sibling.</param>
/// <param name="Last">Before the last of some siblings.</param>
/// <param name="Through">Below a row with a later sibling.</param>
/// <param name="Blank">Below the last one.</param>
/// <param name="Times">Before the number of alike processes.</param>
/// <param name="Sum">Before a sum of times that may overlap.</param>
/// <param name="Ellipsis">Where something was cut.</param>
internal sealed record TreeReportGlyphs(
    string Branch, string Last, string Through, string Blank, string Times, string Sum, string Ellipsis)
{
    private static readonly TreeReportGlyphs _unicode = new("├─", "└─", "│ ", "  ", "×", "Σ", "…");

    private static readonly TreeReportGlyphs _ascii = new("|-", "`-", "| ", "  ", "x", "sum ", "..");

    /// <summary>Those that an encoding can carry.</summary>
    internal static TreeReportGlyphs For(Encoding encoding) =>
        encoding.CodePage == Encoding.UTF8.CodePage ? _unicode : _ascii;
}
