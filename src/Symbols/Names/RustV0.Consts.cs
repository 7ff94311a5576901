using System.Globalization;
using System.Text;

namespace ForkFollow.Symbols;

/// <summary>Constants, which are arguments of generic types.</summary>
internal sealed partial class RustV0
{
    private void Const(bool inValue)
    {
        if (!_out.Enter())
            return;
        char tag = Next();
        switch (tag)
        {
            case 'B':
                Back(() => Const(inValue));
                break;
            case 'p':
                _out.Write('_');
                break;
            case 'h' or 't' or 'm' or 'y' or 'o' or 'j':
                Integer();
                break;
            case 'a' or 's' or 'l' or 'x' or 'n' or 'i':
                _out.Write(Eat('n') ? "-" : "");
                Integer();
                break;
            case 'b':
                _out.Write(Hex() switch { "0" => "false", "1" => "true", _ => Refused() });
                break;
            case 'c':
                Character();
                break;
            case 'e' or 'R' or 'Q' or 'A' or 'T' or 'V':
                _out.Write(inValue ? "" : "{");
                Structured(tag);
                _out.Write(inValue ? "" : "}");
                break;
            default:
                _out.Fail();
                break;
        }

        _out.Leave();
    }

    /// <summary>Strings, references, arrays, tuples and structures (feature adt_const_params), as rustc-demangle has them.</summary>
    private void Structured(char tag)
    {
        switch (tag)
        {
            case 'e':
                _out.Write('*');
                StringLiteral();
                break;
            case 'R' when Eat('e'):
                StringLiteral();
                break;
            case 'R' or 'Q':
                _out.Write(tag == 'R' ? "&" : "&mut ");
                Const(inValue: true);
                break;
            case 'A':
                _out.Write('[');
                Consts();
                _out.Write(']');
                break;
            case 'T':
                _out.Write('(');
                _out.Write(Consts() == 1 ? ",)" : ")");
                break;
            default:
                Path(inValue: true);
                Fields();
                break;
        }
    }

    private void Fields()
    {
        switch (Next())
        {
            case 'U':
                break;
            case 'T':
                _out.Write('(');
                Consts();
                _out.Write(')');
                break;
            case 'S':
                _out.Write(" { ");
                for (int i = 0; !_out.Failed && !Eat('E'); i++)
                {
                    _out.Write(i == 0 ? "" : ", ");
                    Disambiguator();
                    _out.Write(Identifier());
                    _out.Write(": ");
                    Const(inValue: true);
                }

                _out.Write(" }");
                break;
            default:
                _out.Fail();
                break;
        }
    }

    private int Consts()
    {
        int count = 0;
        for (; !_out.Failed && !Eat('E'); count++)
        {
            _out.Write(count == 0 ? "" : ", ");
            Const(inValue: true);
        }

        return count;
    }

    private void Integer()
    {
        string hex = Hex();
        if (hex.Length > 16)
            _out.Write("0x" + hex);
        else if (ulong.TryParse(hex, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out ulong value))
            _out.Write(value.ToString(CultureInfo.InvariantCulture));
        else
            _out.Fail();
    }

    private void Character()
    {
        string hex = Hex();
        if (hex.Length > 8 || !int.TryParse(hex, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out int code))
        {
            _out.Fail();
            return;
        }

        _out.Write(code switch
        {
            '\t' => "'\\t'",
            '\r' => "'\\r'",
            '\n' => "'\\n'",
            > ' ' and < '~' => $"'{(char)code}'",
            _ => $"'\\u{{{code:x}}}'",
        });
    }

    private void StringLiteral()
    {
        string hex = Hex();
        if (hex.Length % 2 != 0)
        {
            _out.Fail();
            return;
        }

        _out.Write('"');
        _out.Write(Encoding.UTF8.GetString(Convert.FromHexString(hex)).Replace("\\", "\\\\", StringComparison.Ordinal)
            .Replace("\"", "\\\"", StringComparison.Ordinal));
        _out.Write('"');
    }

    /// <summary>Hexadecimal digits up to an underscore.</summary>
    private string Hex()
    {
        int start = _at;
        while (char.IsAsciiHexDigitLower(Peek))
            _at++;
        string hex = _name[start.._at];
        if (!Eat('_'))
            _out.Fail();
        return hex;
    }

    private string Refused()
    {
        _out.Fail();
        return "";
    }
}
