using System.Globalization;

namespace ForkFollow.Symbols;

/// <summary>Types and template arguments.</summary>
internal sealed partial class CppParser
{
    private string Qualifiers()
    {
        string restricted = Eat('r') ? " __restrict" : "";
        string volatiles = Eat('V') ? " volatile" : "";
        return (Eat('K') ? " const" : "") + volatiles + restricted;
    }

    private CppNode Type()
    {
        if (!_limits.Enter())
            return _nothing;
        CppNode node = TypeOf(Peek);
        _limits.Leave();
        return node;
    }

    private CppNode TypeOf(char code)
    {
        switch (code)
        {
            case 'r' or 'V' or 'K':
                return Remember(Qualified());
            case 'P':
                return Remember(PointerTo("*"));
            case 'R':
                return Remember(PointerTo("&"));
            case 'O':
                return Remember(PointerTo("&&"));
            case 'C' or 'G':
                _at++;
                return Remember(new(CppKind.Qualifiers, Type(), text: code == 'C' ? " _Complex" : " _Imaginary"));
            case 'F':
                return Remember(Function(""));
            case 'A':
                return Remember(Array());
            case 'M':
                _at++;
                CppNode of = Type();
                return Remember(new(CppKind.MemberPointer, of, Type()));
            case 'T' when Ahead(1) is 's' or 'u' or 'e':
                _at += 2;
                return Remember(Name(new()));
            case 'T':
                CppNode parameter = TemplateParameter(remembered: true);
                return Peek == 'I' && !_mayForward ? Remember(new(CppKind.Template, parameter, items: Arguments())) : parameter;
            case 'S' when Ahead(1) != 't':
                CppNode substitution = Substitution();
                return Peek == 'I' ? Remember(new(CppKind.Template, substitution, items: Arguments())) : substitution;
            case 'D':
                return Extended(Ahead(1));
            case 'U':
                return Remember(VendorQualified());
            case 'u':
                _at++;
                return Remember(SourceName());
            default:
                if (CppTables.Builtin(code) is not string builtin)
                    return Remember(ClassName());
                _at++;
                return new(builtin);
        }
    }

    /// <summary>A class or enum: its template arguments are not those that T_ refers to.</summary>
    private CppNode ClassName()
    {
        List<CppNode> arguments = _arguments;
        CppNode name = Name(new());
        _arguments = arguments;
        return name;
    }

    private CppNode PointerTo(string symbol)
    {
        _at++;
        return new(CppKind.Pointer, Type(), text: symbol);
    }

    private CppNode Qualified()
    {
        string qualifiers = Qualifiers();
        return Peek == 'F' || (Peek == 'D' && Ahead(1) is 'o' or 'O' or 'w' or 'x')
            ? Function(qualifiers)
            : new(CppKind.Qualifiers, Type(), text: qualifiers);
    }

    private CppNode VendorQualified()
    {
        _at++;
        CppNode name = SourceName();
        List<CppNode> arguments = Peek == 'I' ? Arguments() : [];
        CppNode type = Type();
        return new(CppKind.Qualifiers, type, text: " " + name.Text + (arguments.Count > 0 ? "<...>" : ""));
    }

    private CppNode Function(string qualifiers)
    {
        string exceptions = "";
        if (Eat("Do"))
        {
            exceptions = " noexcept";
        }
        else if (Eat("DO"))
        {
            _ = Expression();
            Expect('E');
            exceptions = " noexcept";
        }
        else if (Eat("Dw"))
        {
            while (!_limits.Failed && !Eat('E'))
                _ = Type();
            exceptions = " throw";
        }

        Eat("Dx");
        Expect('F');
        Eat('Y');
        CppNode returns = Type();
        List<CppNode> parameters = Parameters();
        string reference = Eat('R') ? " &" : Eat('O') ? " &&" : "";
        Expect('E');
        return new(CppKind.Function, returns, text: qualifiers + reference + exceptions, items: parameters);
    }

    private CppNode Array()
    {
        _at++;
        CppNode dimension = _nothing;
        if (char.IsAsciiDigit(Peek))
            dimension = new(Digits());
        else if (Peek != '_')
            dimension = Expression();
        Expect('_');
        return new(CppKind.Array, Type(), dimension);
    }

    private string Digits()
    {
        int start = _at;
        while (char.IsAsciiDigit(Peek))
            _at++;
        return _name[start.._at];
    }

    private CppNode Extended(char code)
    {
        if (CppTables.ExtendedBuiltin(code) is string builtin)
        {
            _at += 2;
            return new(builtin);
        }

        switch (code)
        {
            case 't' or 'T':
                return Remember(Decltype());
            case 'p':
                _at += 2;
                return Remember(new(CppKind.Expansion, Type()));
            case 'o' or 'O' or 'w' or 'x':
                return Remember(Function(""));
            case 'F':
                _at += 2;
                string bits = Digits();
                string suffix = Eat('x') ? "x" : Eat('b') ? "b" : "";
                if (suffix.Length == 0)
                    Expect('_');
                return suffix == "b" ? new("std::bfloat16_t") : new($"_Float{bits}{suffix}");
            case 'B' or 'U':
                _at += 2;
                CppNode size = char.IsAsciiDigit(Peek) ? new(Digits()) : Expression();
                Expect('_');
                string name = code == 'B' ? "signed _BitInt(" : "unsigned _BitInt(";
                return new(CppKind.Sequence, items: [new(name), size, new(")")]);
            case 'v':
                return Remember(Vector());
            default:
                return Fail();
        }
    }

    private CppNode Vector()
    {
        _at += 2;
        CppNode size = char.IsAsciiDigit(Peek) ? new(Digits()) : Eat('_') ? Expression() : _nothing;
        Expect('_');
        return new(CppKind.Sequence, items: [Type(), new(" __vector("), size, new(")")]);
    }

    private CppNode Decltype()
    {
        _at += 2;
        CppNode expression = Expression();
        Expect('E');
        return new(CppKind.Sequence, items: [new("decltype ("), expression, new(")")]);
    }

    private CppNode TemplateParameter(bool remembered = false)
    {
        Expect('T');
        int index = Peek == '_' ? 0 : Number() + 1;
        Expect('_');
        if (remembered && !_inLambda)
            _parameters[_substitutions.Count] = index;
        CppNode node = Parameter(index);
        return remembered ? Remember(node) : node;
    }

    private CppNode Parameter(int index)
    {
        if (_inLambda)
            return new(string.Create(CultureInfo.InvariantCulture, $"auto:{index + 1}"));
        if (_mayForward)
        {
            var forward = new CppNode(CppKind.Forward);
            _forwards.Add((forward, index));
            return forward;
        }

        return index < _arguments.Count ? Referred(_arguments[index]) : Fail();
    }

    /// <summary>An argument where a parameter stands for it: of a pack one at a time is meant, in its own place all are.</summary>
    private static CppNode Referred(CppNode argument) =>
        argument.Kind == CppKind.List ? new(CppKind.Pack, items: argument.Items) : argument;

    private List<CppNode> Arguments()
    {
        List<CppNode> arguments = [];
        if (!_limits.Enter())
            return arguments;
        Expect('I');
        while (!_limits.Failed && !Eat('E'))
            arguments.Add(Argument());
        _limits.Leave();
        return arguments;
    }

    private CppNode Argument()
    {
        if (!_limits.Enter())
            return _nothing;
        CppNode node;
        if (Eat('X'))
        {
            node = Expression();
            Expect('E');
        }
        else if (Eat('J'))
        {
            List<CppNode> pack = [];
            while (!_limits.Failed && !Eat('E'))
                pack.Add(Argument());
            node = new(CppKind.List, items: pack);
        }
        else
        {
            node = Peek == 'L' ? Literal() : Type();
        }

        _limits.Leave();
        return node;
    }
}
