namespace ForkFollow.Symbols;

/// <summary>
/// Makes names readable that compilers of C++ and Rust mangled, as c++filt writes them. Names may be hostile: all is managed
/// code with limits on depth, work and output; what exceeds them, or is no mangled name, stays as it is. What it gives may
/// contain anything: escaping is for who writes it. Any thread; nothing throws.
/// </summary>
public static class Demangler
{
    private const int MaxInput = 1 << 15;
    private const int MaxSuffixes = 8;

    /// <summary>The readable name; the name itself if it is not mangled, too long or makes no sense.</summary>
    public static string Demangle(string name)
    {
        if (name.Length > MaxInput || name.Length < 3 || name[0] != '_')
            return name;
        int used = 0;
        string? readable = name[1] switch
        {
            'R' => RustV0.Demangle(name, out used),
            'Z' => Legacy(name, out used) ?? CppParser.Demangle(name, out used),
            _ => null,
        };
        return readable is not null && Suffix(name.AsSpan(used)) is string suffix ? readable + suffix : name;
    }

    private static string? Legacy(string name, out int used)
    {
        string? readable = RustLegacy.Demangle(name, out used);
        return readable is not null && (used == name.Length || name[used] == '.') ? readable : null;
    }

    /// <summary>
    /// What compilers append to the name of a part or a copy of a function: <c>.cold</c>, <c>.constprop.0</c>. Null if
    /// it is something else. LLVM's <c>.llvm.123</c> says nothing, and is different in each build.
    /// </summary>
    private static string? Suffix(ReadOnlySpan<char> rest)
    {
        string text = "";
        for (int i = 0; !rest.IsEmpty; i++)
        {
            if (rest.StartsWith(".llvm."))
                return text;
            int length = PartLength(rest);
            if (length == 0 || i == MaxSuffixes)
                return null;
            text += $" [clone {rest[..length]}]";
            rest = rest[length..];
        }

        return text;
    }

    /// <summary>A dot and a word of small letters, digits and underscores, with numbers behind: <c>.isra.0</c>.</summary>
    private static int PartLength(ReadOnlySpan<char> rest)
    {
        if (rest.Length < 2 || rest[0] != '.' || !IsWord(rest[1]))
            return 0;
        int length = 2;
        while (length < rest.Length && IsWord(rest[length]))
            length++;
        while (length + 1 < rest.Length && rest[length] == '.' && char.IsAsciiDigit(rest[length + 1]))
        {
            length += 2;
            while (length < rest.Length && char.IsAsciiDigit(rest[length]))
                length++;
        }

        return length;
    }

    private static bool IsWord(char one) => char.IsAsciiLetterLower(one) || char.IsAsciiDigit(one) || one == '_';
}
