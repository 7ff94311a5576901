using System.Globalization;

namespace ForkFollow.Host.Tests;

public class SafeTextTests
{
    [Theory]
    [InlineData("gcc -O2 ünï.c 文件 🙂")]
    [InlineData(@"sed s/\x1b//")]
    public void Plain_text_is_left_alone(string text) => Assert.Same(text, SafeText.Escape(text));

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    public void Nothing_is_an_empty_text(string? text) => Assert.Equal("", SafeText.Escape(text));

    [Theory]
    [InlineData("a\x1b[31mb", @"a\x1b[31mb")]
    [InlineData("a\nb\rc\td", @"a\nb\rc\td")]
    [InlineData("\0\a\b\x7f", @"\x00\x07\x08\x7f")]
    [InlineData("\u009b1m", @"\x9b1m")]
    [InlineData("\u00ad", @"\xad")]
    [InlineData("a\u202eb\u2066\u200b\ufeff", @"a\u202eb\u2066\u200b\ufeff")]
    [InlineData("\u2028\u2029", @"\u2028\u2029")]
    [InlineData("\ue000", @"\ue000")]
    [InlineData("\U000e0041", @"\U000e0041")]
    public void What_could_act_on_a_terminal_is_spelt_out(string text, string expected) =>
        Assert.Equal(expected, SafeText.Escape(text));

    // Not as InlineData: a lone surrogate does not survive in an attribute.
    [Fact]
    public void Lone_surrogates_are_spelt_out() =>
        Assert.Equal(@"a\ud83db\udc00", SafeText.Escape("a" + (char)0xd83d + "b" + (char)0xdc00));

    [Fact]
    public void No_control_or_format_character_of_the_first_plane_gets_through()
    {
        for (int c = 0; c <= char.MaxValue; c++)
        {
            Assert.DoesNotContain(SafeText.Escape(((char)c).ToString()), shown =>
                char.IsSurrogate(shown) || CharUnicodeInfo.GetUnicodeCategory(shown) is UnicodeCategory.Control
                    or UnicodeCategory.Format or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator);
        }
    }

    [Theory]
    [InlineData("", 0)]
    [InlineData("abc", 3)]
    [InlineData("文件", 4)]
    [InlineData("e\u0301", 1)]
    [InlineData("🙂", 2)]
    public void Width_is_in_columns(string text, int expected) => Assert.Equal(expected, SafeText.Width(text));

    [Theory]
    [InlineData("abcdef", 6, "abcdef")]
    [InlineData("abcdef", 5, "abcd…")]
    [InlineData("abcdef", 1, "…")]
    [InlineData("abcdef", 0, "")]
    [InlineData("abcdef", -3, "")]
    [InlineData("文件文件", 7, "文件文…")]
    [InlineData("文件文件", 6, "文件…")]
    [InlineData("🙂🙂🙂", 5, "🙂🙂…")]
    public void What_is_too_long_is_cut_between_characters(string text, int columns, string expected) =>
        Assert.Equal(expected, SafeText.Cut(text, columns, "…"));

    [Fact]
    public void Marks_that_take_no_column_cannot_make_a_text_endless()
    {
        string text = "a" + new string('\u0301', 100_000);

        Assert.InRange(SafeText.Cut(text, 10, "…").Length, 1, 50);
    }

    [Theory]
    [InlineData("ab", 4, "ab  ")]
    [InlineData("文", 4, "文  ")]
    [InlineData("abcde", 4, "abcde")]
    public void Padding_counts_columns(string text, int columns, string expected) =>
        Assert.Equal(expected, SafeText.Pad(text, columns));
}
