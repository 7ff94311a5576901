using System.Globalization;

namespace ForkFollow.Symbols;

/// <summary>Names.</summary>
internal sealed partial class CppParser
{
    private CppNode Name(NameState state)
    {
        if (!_limits.Enter())
            return _nothing;
        CppNode node;
        if (Eat('N'))
        {
            node = Nested(state);
        }
        else if (Eat('Z'))
        {
            node = LocalName(state);
        }
        else if (Peek == 'S' && Ahead(1) != 't')
        {
            node = Substitution();
            node = Peek == 'I' ? Applied(node, state) : node;
        }
        else
        {
            CppNode? scope = Eat("St") ? new("std") : null;
            node = Unqualified(state, scope);
            if (scope is not null)
                node = new(CppKind.Qualified, scope, node);
            if (Peek == 'I')
                node = Applied(Remember(node), state);
        }

        _limits.Leave();
        return node;
    }

    /// <summary>A template with its arguments, which T_ refers to from then on.</summary>
    private CppNode Applied(CppNode template, NameState state)
    {
        List<CppNode> arguments = Arguments();
        _arguments = arguments;
        state.IsTemplate = true;
        return new(CppKind.Template, template, items: arguments);
    }

    private CppNode Nested(NameState state)
    {
        string qualifiers = Qualifiers();
        qualifiers += Eat('R') ? " &" : Eat('O') ? " &&" : "";
        CppNode? node = null;
        while (!_limits.Failed && !Eat('E'))
        {
            bool remembered = true;
            state.IsTemplate = false;
            if (Peek == 'S' && Ahead(1) != 't')
            {
                node = node is null ? Substitution() : Fail();
                remembered = false;
            }
            else if (Peek == 'T' && node is null)
            {
                node = TemplateParameter();
            }
            else if (Peek == 'I')
            {
                node = node is null ? Fail() : Applied(node, state);
            }
            else if (Peek == 'D' && Ahead(1) is 't' or 'T')
            {
                node = Decltype();
            }
            else if (Eat("St"))
            {
                node = new(CppKind.Qualified, new("std"), Unqualified(state, new("std")));
            }
            else
            {
                node = Eat('M') ? node : Member(state, node);
                remembered = node is not null;
            }

            // The whole name is remembered by those who use it as a type.
            if (remembered && Peek != 'E')
                Remember(node!);
        }

        state.Qualifiers = qualifiers;
        return node ?? Fail();
    }

    private CppNode Member(NameState state, CppNode? scope)
    {
        CppNode name = Unqualified(state, scope);
        return scope is null ? name : new(CppKind.Qualified, scope, name);
    }

    private CppNode LocalName(NameState state)
    {
        CppNode function = Encoding();
        Expect('E');

        // The function that surrounds it is shown without what it returns.
        if (function.Kind == CppKind.Encoding)
            function = new(CppKind.Encoding, null, function.B, function.Text, function.Items);
        if (Eat('s'))
        {
            Discriminator();
            return new(CppKind.Local, function, new("string literal"));
        }

        if (!Eat('d'))
        {
            CppNode inner = Name(state);
            Discriminator();
            return new(CppKind.Local, function, inner);
        }

        int number = Peek == '_' ? 0 : Number() + 1;
        Expect('_');
        var argument = new CppNode(string.Create(CultureInfo.InvariantCulture, $"{{default arg#{number + 1}}}"));
        return new(CppKind.Local, function, new(CppKind.Qualified, argument, Name(state)));
    }

    private void Discriminator()
    {
        if (Peek != '_')
            return;
        if (char.IsAsciiDigit(Ahead(1)))
        {
            _at += 2;
        }
        else if (Ahead(1) == '_' && char.IsAsciiDigit(Ahead(2)))
        {
            _at += 2;
            _ = Number();
            Expect('_');
        }
    }

    private CppNode Unqualified(NameState state, CppNode? scope)
    {
        state.HasNoReturnType = false;
        Eat('L');
        CppNode node = Peek switch
        {
            >= '0' and <= '9' => SourceName(),
            'U' => Unnamed(),
            'C' when scope is not null => Constructor(state, scope),
            'D' when Ahead(1) == 'C' => Binding(),
            'D' when scope is not null => Constructor(state, scope),
            >= 'a' and <= 'z' => Operator(state),
            _ => Fail(),
        };
        while (Eat('B'))
            node = new(CppKind.Tagged, node, text: SourceName().Text);
        return node;
    }

    private CppNode SourceName()
    {
        int length = Number();
        if (length == 0 || length > _name.Length - _at || _limits.Failed)
            return Fail();
        string text = _name.Substring(_at, length);
        _at += length;
        bool anonymous = text.StartsWith("_GLOBAL_", StringComparison.Ordinal) && text.Length > 9
            && text[8] is '.' or '_' or '$' && text[9] == 'N';
        return new(anonymous ? "(anonymous namespace)" : text);
    }

    private CppNode Constructor(NameState state, CppNode scope)
    {
        state.HasNoReturnType = true;
        string tilde = Peek == 'D' ? "~" : "";
        _at++;
        bool inherited = Eat('I');
        if (!char.IsAsciiDigit(Peek))
            return Fail();
        _at++;
        if (inherited)
            _ = Name(new());
        return new(CppKind.Structor, CppPrinter.BaseName(scope), text: tilde);
    }

    private CppNode Unnamed()
    {
        if (Eat("Ut"))
            return new($"{{unnamed type#{Ordinal()}}}");
        if (!Eat("Ul"))
            return Fail();
        bool outer = _inLambda;
        _inLambda = true;
        List<CppNode> parameters = Parameters();
        _inLambda = outer;
        Expect('E');
        return new(
            CppKind.Sequence,
            items: [new("{lambda("), new(CppKind.List, items: parameters), new($")#{Ordinal()}}}")]);
    }

    /// <summary>_ is the first, 0_ the second.</summary>
    private string Ordinal()
    {
        int number = Peek == '_' ? 1 : Number() + 2;
        Expect('_');
        return number.ToString(CultureInfo.InvariantCulture);
    }

    private CppNode Binding()
    {
        _at += 2;
        List<CppNode> names = [];
        while (!_limits.Failed && !Eat('E'))
            names.Add(SourceName());
        return new(CppKind.Sequence, items: [new("["), new(CppKind.List, items: names), new("]")]);
    }

    private CppNode Operator(NameState state)
    {
        if (Eat("cv"))
        {
            state.HasNoReturnType = true;
            bool outer = _mayForward;
            _mayForward = true; // its type may refer to template arguments that follow
            CppNode type = Type();
            _mayForward = outer;
            return new(CppKind.Conversion, type);
        }

        if (Eat("li"))
            return Prefixed("operator\"\" ", SourceName());
        if (Peek == 'v' && char.IsAsciiDigit(Ahead(1)))
        {
            _at += 2;
            return Prefixed("operator ", SourceName());
        }

        if (_at + 2 > _name.Length || !CppTables.Operators.TryGetValue(_name.Substring(_at, 2), out var found))
            return Fail();
        _at += 2;
        string text = found.Text.TrimEnd();
        return new(char.IsAsciiLetter(text[0]) ? $"operator {text}" : $"operator{text}");
    }

    private CppNode Substitution()
    {
        Expect('S');
        if (CppTables.Standard(Peek) is { } standard)
        {
            _at++;
            CppNode node = new(Peek is 'C' or 'D' ? standard.Whole : standard.Short) { BaseName = standard.Base };
            return Peek == 'B' ? Remember(Tags(node)) : node;
        }

        int index = 0;
        if (!Eat('_'))
        {
            for (; char.IsAsciiDigit(Peek) || char.IsAsciiLetterUpper(Peek); _at++)
            {
                index = (36 * index) + (char.IsAsciiDigit(Peek) ? Peek - '0' : Peek - 'A' + 10);
                if (index > 1_000_000)
                    return Fail();
            }

            index++;
            Expect('_');
        }

        if (_parameters.TryGetValue(index, out int parameter) && parameter < _arguments.Count)
            return Referred(_arguments[parameter]);
        return index < _substitutions.Count ? _substitutions[index] : Fail();
    }

    private CppNode Tags(CppNode node)
    {
        while (Eat('B'))
            node = new(CppKind.Tagged, node, text: SourceName().Text);
        return node;
    }
}
