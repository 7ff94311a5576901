namespace ForkFollow.Symbols;

/// <summary>
/// Parses C++ names by the grammar of the Itanium ABI (https://itanium-cxx-abi.github.io/cxx-abi/abi.html#mangling) into
/// <see cref="CppNode"/>s. Each method stands at the first letter of its production and ends behind it; a name that makes
/// no sense fails <see cref="DemangleText"/>, whose limits hold here too. Why not __cxa_demangle: ADR 8. One thread.
/// </summary>
internal sealed partial class CppParser
{
    private static readonly CppNode _nothing = new("");

    private readonly string _name;
    private readonly DemangleText _limits;
    private readonly List<CppNode> _substitutions = [];
    private readonly List<(CppNode Node, int Index)> _forwards = [];

    /// <summary>Which substitutions are T_ and its like: in another template they are other arguments.</summary>
    private readonly Dictionary<int, int> _parameters = [];
    private List<CppNode> _arguments = [];
    private int _at;
    private bool _inLambda;
    private bool _mayForward;

    private CppParser(string name, DemangleText limits) => (_name, _limits) = (name, limits);

    /// <summary>What the end of a name tells of how its function type is to be read.</summary>
    private sealed class NameState
    {
        internal bool IsTemplate { get; set; }

        internal bool HasNoReturnType { get; set; }

        internal string Qualifiers { get; set; } = "";
    }

    /// <summary>The readable name, and how much of the mangled one it stands for. Null if it is none of these.</summary>
    internal static string? Demangle(string name, out int used)
    {
        used = 0;
        if (!name.StartsWith("_Z", StringComparison.Ordinal))
            return null;
        var text = new DemangleText();
        var parser = new CppParser(name, text) { _at = 2 };
        CppNode node = parser.Encoding();
        used = parser._at;
        if (text.Failed)
            return null;
        new CppPrinter(text).Print(node);
        return text.Failed ? null : text.ToString();
    }

    private char Peek => Ahead(0);

    private bool IsEnd => _at >= _name.Length || _name[_at] is 'E' or '.' or '_';

    private char Ahead(int by) => _at + by < _name.Length ? _name[_at + by] : '\0';

    private bool Eat(char one)
    {
        if (_limits.Failed || Peek != one)
            return false;
        _at++;
        return true;
    }

    private bool Eat(string text)
    {
        if (_limits.Failed || string.CompareOrdinal(_name, _at, text, 0, text.Length) != 0)
            return false;
        _at += text.Length;
        return true;
    }

    private CppNode Fail()
    {
        _limits.Fail();
        return _nothing;
    }

    private void Expect(char one)
    {
        if (!Eat(one))
            _limits.Fail();
    }

    /// <summary>Remembers a part that S_ and its like may refer to.</summary>
    private CppNode Remember(CppNode node)
    {
        _substitutions.Add(node);
        return node;
    }

    private int Number()
    {
        int value = 0;
        if (!char.IsAsciiDigit(Peek))
            _limits.Fail();
        for (; char.IsAsciiDigit(Peek); _at++)
        {
            value = (10 * value) + (Peek - '0');
            if (value > 1_000_000)
            {
                _limits.Fail();
                return 0;
            }
        }

        return value;
    }

    /// <summary>A name with its function type, of a function; a name alone, of a variable.</summary>
    private CppNode Encoding()
    {
        if (!_limits.Enter())
            return _nothing;
        List<CppNode> arguments = _arguments;
        int forwards = _forwards.Count;
        CppNode node = Peek is 'T' or 'G' ? Special() : NameAndType(forwards);
        _forwards.RemoveRange(forwards, _forwards.Count - forwards);
        _arguments = arguments;
        _limits.Leave();
        return node;
    }

    private CppNode NameAndType(int forwards)
    {
        var state = new NameState();
        CppNode name = Name(state);
        for (int i = forwards; i < _forwards.Count; i++)
        {
            (CppNode forward, int index) = _forwards[i];
            if (index >= _arguments.Count)
                return Fail();
            forward.A = Referred(_arguments[index]);
        }

        if (IsEnd || _limits.Failed)
            return name;
        CppNode? returns = state.IsTemplate && !state.HasNoReturnType ? Type() : null;
        return new(CppKind.Encoding, returns, name, state.Qualifiers, Parameters());
    }

    private List<CppNode> Parameters()
    {
        List<CppNode> types = [];
        if (Eat('v'))
            return types;
        do
            types.Add(Type());
        while (!IsEnd && !_limits.Failed && !(Peek is 'R' or 'O' && Ahead(1) == 'E') && Peek != 'Q');
        return types;
    }

    /// <summary>Names that the compiler makes itself.</summary>
    private CppNode Special()
    {
        foreach ((string code, string text, char what) in CppTables.Special)
        {
            if (!Eat(code))
                continue;
            switch (what)
            {
                case 't':
                    return Prefixed(text, Type());
                case 'n':
                    return Prefixed(text, Name(new()));
                case 'e':
                    return Prefixed(text, Encoding());
                case 'h' or 'v':
                    Offset(what);
                    return Prefixed(text, Encoding());
                case 'c':
                    Offset(OffsetKind());
                    Offset(OffsetKind());
                    return Prefixed(text, Encoding());
                case 'x':
                    return Prefixed(text, Argument());
                case 'C':
                    CppNode first = Type();
                    _ = Number();
                    Expect('_');
                    return new(CppKind.Sequence, items: [new(text), Type(), new("-in-"), first]);
                default:
                    return Reference(text);
            }
        }

        return Fail();
    }

    private CppNode Reference(string text)
    {
        CppNode name = Name(new());
        int index = 0;
        if (!IsEnd || Peek == '_')
        {
            for (; Peek != '_' && !_limits.Failed && index < 1_000_000 && char.IsAsciiLetterOrDigit(Peek); _at++)
                index = (36 * index) + (char.IsAsciiDigit(Peek) ? Peek - '0' : char.ToUpperInvariant(Peek) - 'A' + 10) + 1;
            Expect('_');
        }

        return new(CppKind.Sequence, items: [new($"{text}{index} for "), name]);
    }

    private char OffsetKind() => Eat('h') ? 'h' : Eat('v') ? 'v' : Fail().Text.FirstOrDefault();

    /// <summary>A call offset of a thunk: h number _ or v number _ number _.</summary>
    private void Offset(char kind)
    {
        for (int i = kind == 'v' ? 2 : 1; i > 0; i--)
        {
            Eat('n');
            _ = Number();
            Expect('_');
        }
    }

    private static CppNode Prefixed(string text, CppNode node) => new(CppKind.Sequence, items: [new(text), node]);
}
