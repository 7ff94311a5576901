using System.Globalization;

namespace ForkFollow.Symbols;

/// <summary>
/// Names as rustc makes them: <c>_R…</c>, by the grammar of RFC 2603. Written as libiberty and rustc-demangle do without
/// hashes of crates and types of constants. Names, types and constants are parsed and written in one pass; a part that was
/// there before is a reference back to its place, and is parsed again. Limits: <see cref="DemangleText"/>. One thread.
/// </summary>
internal sealed partial class RustV0
{
    private const ulong MaxBound = 1000;

    private readonly string _name;
    private readonly DemangleText _out = new();
    private int _at;
    private ulong _bound;

    private RustV0(string name) => _name = name;

    /// <summary>The readable name, and how much of the mangled one it stands for. Null if it is none of these.</summary>
    internal static string? Demangle(string name, out int used)
    {
        used = 0;
        if (!name.StartsWith("_R", StringComparison.Ordinal) || name.Length < 3 || !char.IsAsciiLetterUpper(name[2]))
            return null;

        // Places of references back count from behind _R.
        var one = new RustV0(name[2..]);
        one.Path(inValue: true);
        if (!one._out.Failed && char.IsAsciiLetterUpper(one.Peek))
        {
            one._out.Silent = true; // the crate that made this instance of it
            one.Path(inValue: false);
        }

        used = one._at + 2;
        return one._out.Failed ? null : one._out.ToString();
    }

    private char Peek => _at < _name.Length ? _name[_at] : '\0';

    private char Next()
    {
        if (_at < _name.Length)
            return _name[_at++];
        _out.Fail();
        return '\0';
    }

    private bool Eat(char one)
    {
        if (_out.Failed || Peek != one)
            return false;
        _at++;
        return true;
    }

    private void Path(bool inValue)
    {
        if (!_out.Enter())
            return;
        char tag = Next();
        switch (tag)
        {
            case 'C':
                Disambiguator();
                _out.Write(Identifier());
                break;
            case 'N':
                Nested(inValue);
                break;
            case 'M' or 'X' or 'Y':
                Impl(tag);
                break;
            case 'I':
                Path(inValue);
                _out.Write(inValue ? "::<" : "<");
                Arguments();
                _out.Write('>');
                break;
            case 'B':
                Back(() => Path(inValue));
                break;
            default:
                _out.Fail();
                break;
        }

        _out.Leave();
    }

    private void Nested(bool inValue)
    {
        char space = Next();
        if (!char.IsAsciiLetter(space))
            _out.Fail();
        Path(inValue);
        ulong disambiguator = Disambiguator();
        string name = Identifier();
        if (char.IsAsciiLetterUpper(space))
        {
            _out.Write("::{");
            _out.Write(space switch { 'C' => "closure", 'S' => "shim", _ => space.ToString() });
            _out.Write(name.Length == 0 ? "" : ":" + name);
            _out.Write(string.Create(CultureInfo.InvariantCulture, $"#{disambiguator}}}"));
        }
        else if (name.Length > 0)
        {
            _out.Write("::");
            _out.Write(name);
        }
    }

    private void Impl(char tag)
    {
        if (tag != 'Y')
        {
            Disambiguator();
            bool silent = _out.Silent;
            _out.Silent = true;
            Path(inValue: false);
            _out.Silent = silent;
        }

        _out.Write('<');
        Type();
        if (tag != 'M')
        {
            _out.Write(" as ");
            Path(inValue: false);
        }

        _out.Write('>');
    }

    private void Arguments()
    {
        for (int i = 0; !_out.Failed && !Eat('E'); i++)
        {
            _out.Write(i == 0 ? "" : ", ");
            if (Eat('L'))
                Lifetime(Base62());
            else if (Eat('K'))
                Const(inValue: false);
            else
                Type();
        }
    }

    /// <summary>
    /// Writes what stands at an earlier place. Nothing is done for parts that are not shown: they have been checked, and
    /// references among them would take exponential time without output.
    /// </summary>
    private void Back(Action read)
    {
        int tag = _at - 1;
        ulong to = Base62();
        if (to >= (ulong)tag)
            _out.Fail();
        if (_out.Failed || _out.Silent)
            return;
        int here = _at;
        _at = (int)to;
        read();
        _at = here;
    }

    private void Lifetime(ulong index)
    {
        _out.Write('\'');
        if (index == 0)
        {
            _out.Write('_');
            return;
        }

        if (index > _bound)
        {
            _out.Fail();
            return;
        }

        ulong depth = _bound - index;
        _out.Write(depth < 26 ? ((char)('a' + depth)).ToString() : string.Create(CultureInfo.InvariantCulture, $"_{depth}"));
    }

    /// <summary>Lifetimes that are bound by a type: <c>for&lt;'a, 'b&gt;</c>. They must be let go of by the caller.</summary>
    private void Binder()
    {
        if (!Eat('G'))
            return;
        ulong count = Base62() + 1;
        if (count > MaxBound)
            _out.Fail();
        _out.Write("for<");
        for (ulong i = 0; i < count && !_out.Failed; i++)
        {
            _out.Write(i == 0 ? "" : ", ");
            _bound++;
            Lifetime(1);
        }

        _out.Write("> ");
    }

    private ulong Disambiguator() => Eat('s') ? Base62() + 1 : 0;

    /// <summary><c>_</c> is 0; digits count from 1.</summary>
    private ulong Base62()
    {
        if (Eat('_'))
            return 0;
        ulong value = 0;
        for (char one = Next(); one != '_' && !_out.Failed; one = Next())
        {
            int digit = one switch
            {
                >= '0' and <= '9' => one - '0',
                >= 'a' and <= 'z' => one - 'a' + 10,
                >= 'A' and <= 'Z' => one - 'A' + 36,
                _ => -1,
            };
            if (digit < 0 || value > (ulong.MaxValue - 100) / 62)
                _out.Fail();
            else
                value = (value * 62) + (ulong)digit;
        }

        return value + 1;
    }

    private string Identifier()
    {
        bool punycode = Eat('u');
        int length = 0;
        if (!char.IsAsciiDigit(Peek))
            _out.Fail();
        if (!Eat('0'))
        {
            for (; char.IsAsciiDigit(Peek) && length <= _name.Length; _at++)
                length = (10 * length) + (Peek - '0');
        }

        Eat('_');
        if (_out.Failed || length > _name.Length - _at)
        {
            _out.Fail();
            return "";
        }

        string text = _name.Substring(_at, length);
        _at += length;
        if (!punycode)
            return text;
        string? decoded = Punycode.Decode(text);
        if (decoded is null)
            _out.Fail();
        return decoded ?? "";
    }
}
