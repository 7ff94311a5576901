using System.Globalization;
using System.Text;
using ForkFollow.Results.Formats;

namespace ForkFollow.Results.Tests;

/// <summary>Names in result files, which viewers of pprof and flamegraph.pl print on terminals.</summary>
public sealed class FormatTextTests
{
    [Theory]
    [InlineData("gcc -O2 ünï.c 文件 🙂", "gcc -O2 ünï.c 文件 🙂")]
    [InlineData("", "?")]
    [InlineData("a\u200eb\u061cc", "a\ufffdb\ufffdc")]
    [InlineData("a\u200d\u00ad\ufeff\U000e0041b", "a\ufffd\ufffd\ufffd\ufffdb")]
    public void What_could_act_on_a_terminal_is_replaced(string text, string expected) => Assert.Equal(expected, FormatText.Clean(text));

    /// <summary>The same rule as that of what is printed (SafeText).</summary>
    [Fact]
    public void Nothing_gets_through_that_has_no_look_of_its_own()
    {
        for (int c = 0; c <= 0x10ffff; c++)
        {
            if (!Rune.IsValid(c))
                continue;
            string clean = FormatText.Clean(new Rune(c).ToString());
            Assert.Equal(clean == "\ufffd" && c != 0xfffd, !Printable.Is(new(c)));
            Assert.DoesNotContain(clean.EnumerateRunes(), shown => Rune.GetUnicodeCategory(shown) is UnicodeCategory.Control
                or UnicodeCategory.Format or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator);
        }
    }

    [Fact]
    public void Halves_of_characters_are_replaced_and_long_names_cut_between_characters()
    {
        Assert.Equal("a\ufffdb\ufffd", FormatText.Clean("a" + (char)0xd83d + "b" + (char)0xdc00));
        string cut = FormatText.Clean(new string('x', FormatText.MaxLength - 1) + "🙂y");
        Assert.Equal(new string('x', FormatText.MaxLength - 1) + "…", cut);
    }
}
