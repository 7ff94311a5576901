using System.Globalization;

namespace ForkFollow.Symbols;

/// <summary>Expressions, which stand in template arguments and decltypes.</summary>
internal sealed partial class CppParser
{
    private static CppNode Sequence(params ReadOnlySpan<CppNode> items) => new(CppKind.Sequence, items: [.. items]);

    /// <summary>An operand: in brackets unless it is a name.</summary>
    private static CppNode Operand(CppNode node) =>
        node is { Kind: CppKind.Text } or { Kind: CppKind.Qualified, B.Kind: not CppKind.Template } ? node : Sequence(new("("), node, new(")"));

    private CppNode Expression()
    {
        if (!_limits.Enter())
            return _nothing;
        CppNode node = ExpressionOf(Peek);
        _limits.Leave();
        return node;
    }

    private CppNode ExpressionOf(char code)
    {
        switch (code)
        {
            case 'L':
                return Literal();
            case 'T':
                return TemplateParameter();
            case 'f' when Ahead(1) is 'p' or 'L' && (char.IsAsciiDigit(Ahead(2)) || Ahead(2) is '_' or 'T' or 'K' or 'r' or 'V')
                && !(Ahead(1) == 'L' && !char.IsAsciiDigit(Ahead(2))):
                return FunctionParameter();
            case 'f':
                return Fold();
            case >= '0' and <= '9':
                return PossiblyTemplate(SourceName());
            default:
                return Eat("gs") ? Prefixed("::", Expression()) : Coded(_at + 2 <= _name.Length ? _name.Substring(_at, 2) : "");
        }
    }

    private CppNode PossiblyTemplate(CppNode name) =>
        Peek == 'I' ? new(CppKind.Template, name, items: Arguments()) : name;

    private CppNode Coded(string code)
    {
        _at += 2;
        switch (code)
        {
            case "sr":
                return ScopedName();
            case "on":
                return PossiblyTemplate(Operator(new()));
            case "dn":
                return Prefixed("~", char.IsAsciiDigit(Peek) ? PossiblyTemplate(SourceName()) : Type());
            case "cl":
                CppNode function = Expression();
                return Sequence(Operand(function), new("("), Expressions(), new(")"));
            case "cv":
                return Cast();
            case "tl":
                CppNode type = Type();
                return Sequence(type, new("{"), Expressions(), new("}"));
            case "il":
                return Sequence(new("{"), Expressions(), new("}"));
            case "ix":
                CppNode array = Expression();
                return Sequence(Operand(array), new("["), Expression(), new("]"));
            case "dt" or "pt":
                CppNode of = Expression();
                return Sequence(Operand(of), new(code == "dt" ? "." : "->"), Operand(Expression()));
            case "qu":
                CppNode test = Expression();
                CppNode yes = Expression();
                return Sequence(Operand(test), new("?"), Operand(yes), new(" : "), Operand(Expression()));
            case "st" or "at" or "ti":
                return Sequence(new(code == "st" ? "sizeof (" : code == "at" ? "alignof (" : "typeid ("), Type(), new(")"));
            case "sz" or "az" or "te" or "nx":
                return Sequence(
                    new(code switch { "sz" => "sizeof ", "az" => "alignof ", "te" => "typeid ", _ => "noexcept" }),
                    Operand(Expression()));
            case "sZ":
                return new(CppKind.PackSize, Peek == 'T' ? TemplateParameter() : Expression());
            case "sP":
                List<CppNode> all = [];
                while (!_limits.Failed && !Eat('E'))
                    all.Add(Argument());
                return new(CppKind.PackSize, new(CppKind.Pack, items: all));
            case "sp":
                return new(CppKind.Expansion, Expression());
            case "dc" or "sc" or "cc" or "rc":
                string name = code switch { "dc" => "dynamic", "sc" => "static", "cc" => "const", _ => "reinterpret" };
                CppNode to = Type();
                return Sequence(new($"{name}_cast<"), to, new(">("), Expression(), new(")"));
            case "tw":
                return Prefixed("throw ", Expression());
            case "tr":
                return new("throw");
            case "nw" or "na":
                return New(code == "nw" ? "new" : "new[]");
            default:
                return OperatorExpression(code);
        }
    }

    private CppNode OperatorExpression(string code)
    {
        if (!CppTables.Operators.TryGetValue(code, out (string Text, int Operands) found) || found.Operands == 0)
            return Fail();
        if (found.Operands == 1)
        {
            bool prefix = Eat('_');
            CppNode operand = Expression();

            // A function whose address is taken is shown without its parameters.
            if (code == "ad" && operand is { Kind: CppKind.Encoding, B: { Kind: CppKind.Qualified } name })
                operand = name;
            return code is "pp" or "mm" && !prefix
                ? Sequence(Operand(operand), new(found.Text))
                : Sequence(new(found.Text), Operand(operand));
        }

        CppNode left = Expression();
        CppNode right = Expression();
        CppNode both = Sequence(Operand(left), new(found.Text), Operand(right));
        return code == "gt" ? Sequence(new("("), both, new(")")) : both; // > would end the arguments
    }

    private CppNode Expressions()
    {
        List<CppNode> all = [];
        while (!_limits.Failed && !Eat('E'))
            all.Add(Expression());
        return new(CppKind.List, items: all);
    }

    private CppNode ScopedName()
    {
        CppNode scope;
        if (Eat('N'))
        {
            scope = Type();
            while (!_limits.Failed && !Eat('E'))
                scope = new(CppKind.Qualified, scope, PossiblyTemplate(SourceName()));
        }
        else
        {
            scope = Levels() ?? Type();
        }

        CppNode name = Peek switch
        {
            'o' when Ahead(1) == 'n' => Coded("on"),
            'd' when Ahead(1) == 'n' => Coded("dn"),
            _ => PossiblyTemplate(Unqualified(new(), scope)),
        };
        return new(CppKind.Qualified, scope, name);
    }

    /// <summary>
    /// Simple names that end with E, as newer compilers have them; null, and nothing is consumed, if it is rather a
    /// class and a name in it, as older ones have.
    /// </summary>
    private CppNode? Levels()
    {
        (int start, int substitutions) = (_at, _substitutions.Count);
        CppNode? scope = null;
        while (char.IsAsciiDigit(Peek) && !_limits.Failed)
        {
            CppNode name = PossiblyTemplate(SourceName());
            scope = scope is null ? name : new(CppKind.Qualified, scope, name);
        }

        if (scope is not null && Eat('E') && (char.IsAsciiDigit(Peek) || (Peek is 'o' or 'd' && Ahead(1) == 'n')))
            return scope;
        _at = start;
        _substitutions.RemoveRange(substitutions, _substitutions.Count - substitutions);
        return null;
    }

    private CppNode Cast()
    {
        bool outer = _mayForward;
        _mayForward = false;
        CppNode type = Type();
        _mayForward = outer;
        CppNode values = Eat('_') ? Expressions() : Expression();
        return Sequence(new("("), type, new(")"), values.Kind == CppKind.List
            ? Sequence(new("("), values, new(")"))
            : Operand(values));
    }

    private CppNode New(string word)
    {
        List<CppNode> places = [];
        while (!_limits.Failed && !Eat('_'))
            places.Add(Expression());
        CppNode type = Type();
        CppNode values = _nothing;
        if (Eat("pi"))
            values = Sequence(new("("), Expressions(), new(")"));
        else
            Expect('E');
        CppNode where = places.Count == 0 ? _nothing : Sequence(new("("), new(CppKind.List, items: places), new(") "));
        return Sequence(new(word + " "), where, type, values);
    }

    private CppNode FunctionParameter()
    {
        bool nested = Ahead(1) == 'L';
        _at += 2;
        if (Eat('T'))
            return new("this");
        if (nested)
        {
            _ = Number();
            Expect('p');
        }

        _ = Qualifiers();
        int index = Peek == '_' ? 1 : Number() + 2;
        Expect('_');
        return new(string.Create(CultureInfo.InvariantCulture, $"{{parm#{index}}}"));
    }

    /// <summary>fl and fr: (... op pack) and (pack op ...); fL and fR with a start.</summary>
    private CppNode Fold()
    {
        char kind = Ahead(1);
        string code = _at + 4 <= _name.Length ? _name.Substring(_at + 2, 2) : "";
        if (kind is not ('l' or 'r' or 'L' or 'R') || !CppTables.Operators.TryGetValue(code, out (string Text, int) found))
            return Fail();
        _at += 4;
        CppNode first = Operand(Expression());
        if (kind is 'L' or 'R')
            return Sequence(new("("), first, new($"{found.Text}...{found.Text}"), Operand(Expression()), new(")"));
        return kind == 'l'
            ? Sequence(new($"(...{found.Text}"), first, new(")"))
            : Sequence(new("("), first, new($"{found.Text}...)"));
    }

    private CppNode Literal()
    {
        Expect('L');
        if (Eat("_Z") || Eat('Z'))
        {
            CppNode encoding = Encoding();
            Expect('E');
            return encoding;
        }

        char code = Peek;
        CppNode type = Type();
        string sign = Eat('n') ? "-" : "";
        int start = _at;
        while (_at < _name.Length && Peek != 'E')
            _at++;
        string value = _name[start.._at];
        Expect('E');
        return code switch
        {
            'b' when value == "0" => new("false"),
            'b' when value == "1" => new("true"),
            'i' => new(sign + value),
            'j' => new(sign + value + "u"),
            'l' => new(sign + value + "l"),
            'm' => new(sign + value + "ul"),
            'x' => new(sign + value + "ll"),
            'y' => new(sign + value + "ull"),
            'f' or 'd' or 'e' or 'g' => Sequence(new("("), type, new($"){sign}[{value}]")),
            'D' when value.Length == 0 || value == "0" => Sequence(new("("), type, new($"){value}")),
            _ => Sequence(new("("), type, new($"){sign}{value}")),
        };
    }
}
