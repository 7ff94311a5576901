namespace ForkFollow.Symbols;

/// <summary>Codes of the Itanium ABI and what libiberty writes for them.</summary>
internal static class CppTables
{
    /// <summary>
    /// Special names: of a type (t), a name (n), an encoding (e), a thunk with one call offset (h, v) or two (c), a
    /// construction vtable (C), a template argument (x) or a numbered temporary (r).
    /// </summary>
    internal static readonly (string Code, string Text, char What)[] Special =
    [
        ("TV", "vtable for ", 't'), ("TT", "VTT for ", 't'), ("TI", "typeinfo for ", 't'),
        ("TS", "typeinfo name for ", 't'), ("TF", "typeinfo fn for ", 't'), ("TJ", "java Class for ", 't'),
        ("Tc", "covariant return thunk to ", 'c'), ("TC", "construction vtable for ", 'C'),
        ("TW", "TLS wrapper function for ", 'n'), ("TH", "TLS init function for ", 'n'),
        ("TA", "template parameter object for ", 'x'), ("Th", "non-virtual thunk to ", 'h'),
        ("Tv", "virtual thunk to ", 'v'), ("GV", "guard variable for ", 'n'), ("GR", "reference temporary #", 'r'),
        ("GA", "hidden alias for ", 'e'), ("GTt", "transaction clone for ", 'e'),
        ("GTn", "non-transaction clone for ", 'e'),
    ];

    /// <summary>Operators by code. What is written, and how many operands it has in an expression; 0: not as an operand.</summary>
    internal static readonly Dictionary<string, (string Text, int Operands)> Operators = new()
    {
        ["aN"] = ("&=", 2),
        ["aS"] = ("=", 2),
        ["aa"] = ("&&", 2),
        ["ad"] = ("&", 1),
        ["an"] = ("&", 2),
        ["aw"] = ("co_await ", 1),
        ["cl"] = ("()", 0),
        ["cm"] = (",", 2),
        ["co"] = ("~", 1),
        ["dV"] = ("/=", 2),
        ["da"] = ("delete[] ", 1),
        ["de"] = ("*", 1),
        ["dl"] = ("delete ", 1),
        ["ds"] = (".*", 2),
        ["dv"] = ("/", 2),
        ["eO"] = ("^=", 2),
        ["eo"] = ("^", 2),
        ["eq"] = ("==", 2),
        ["ge"] = (">=", 2),
        ["gt"] = (">", 2),
        ["ix"] = ("[]", 0),
        ["lS"] = ("<<=", 2),
        ["le"] = ("<=", 2),
        ["ls"] = ("<<", 2),
        ["lt"] = ("<", 2),
        ["mI"] = ("-=", 2),
        ["mL"] = ("*=", 2),
        ["mi"] = ("-", 2),
        ["ml"] = ("*", 2),
        ["mm"] = ("--", 1),
        ["na"] = ("new[]", 0),
        ["ne"] = ("!=", 2),
        ["ng"] = ("-", 1),
        ["nt"] = ("!", 1),
        ["nw"] = ("new", 0),
        ["oR"] = ("|=", 2),
        ["oo"] = ("||", 2),
        ["or"] = ("|", 2),
        ["pL"] = ("+=", 2),
        ["pl"] = ("+", 2),
        ["pm"] = ("->*", 2),
        ["pp"] = ("++", 1),
        ["ps"] = ("+", 1),
        ["pt"] = ("->", 0),
        ["qu"] = ("?", 0),
        ["rM"] = ("%=", 2),
        ["rS"] = (">>=", 2),
        ["rm"] = ("%", 2),
        ["rs"] = (">>", 2),
        ["ss"] = ("<=>", 2),
    };

    /// <summary>A type of one letter; null if the letter is none.</summary>
    internal static string? Builtin(char code) => code switch
    {
        'v' => "void",
        'w' => "wchar_t",
        'b' => "bool",
        'c' => "char",
        'a' => "signed char",
        'h' => "unsigned char",
        's' => "short",
        't' => "unsigned short",
        'i' => "int",
        'j' => "unsigned int",
        'l' => "long",
        'm' => "unsigned long",
        'x' => "long long",
        'y' => "unsigned long long",
        'n' => "__int128",
        'o' => "unsigned __int128",
        'f' => "float",
        'd' => "double",
        'e' => "long double",
        'g' => "__float128",
        'z' => "...",
        _ => null,
    };

    /// <summary>A type of D and a letter; null if it is none.</summary>
    internal static string? ExtendedBuiltin(char code) => code switch
    {
        'n' => "decltype(nullptr)",
        'i' => "char32_t",
        's' => "char16_t",
        'u' => "char8_t",
        'a' => "auto",
        'c' => "decltype(auto)",
        'h' => "half",
        'd' => "decimal64",
        'e' => "decimal128",
        'f' => "decimal32",
        _ => null,
    };

    /// <summary>The abbreviations of the standard library: short, whole, and the name of constructors.</summary>
    internal static (string Short, string Whole, string Base)? Standard(char code) => code switch
    {
        'a' => ("std::allocator", "std::allocator", "allocator"),
        'b' => ("std::basic_string", "std::basic_string", "basic_string"),
        's' => ("std::string", "std::basic_string<char, std::char_traits<char>, std::allocator<char> >", "basic_string"),
        'i' => ("std::istream", "std::basic_istream<char, std::char_traits<char> >", "basic_istream"),
        'o' => ("std::ostream", "std::basic_ostream<char, std::char_traits<char> >", "basic_ostream"),
        'd' => ("std::iostream", "std::basic_iostream<char, std::char_traits<char> >", "basic_iostream"),
        _ => null,
    };
}
