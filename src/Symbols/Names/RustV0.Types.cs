namespace ForkFollow.Symbols;

/// <summary>Types.</summary>
internal sealed partial class RustV0
{
    private static string? Basic(char tag) => tag switch
    {
        'b' => "bool",
        'c' => "char",
        'e' => "str",
        'u' => "()",
        'a' => "i8",
        's' => "i16",
        'l' => "i32",
        'x' => "i64",
        'n' => "i128",
        'i' => "isize",
        'h' => "u8",
        't' => "u16",
        'm' => "u32",
        'y' => "u64",
        'o' => "u128",
        'j' => "usize",
        'f' => "f32",
        'd' => "f64",
        'z' => "!",
        'p' => "_",
        'v' => "...",
        _ => null,
    };

    private void Type()
    {
        if (!_out.Enter())
            return;
        char tag = Next();
        switch (tag)
        {
            case 'R' or 'Q':
                _out.Write('&');
                if (Eat('L') && Base62() is > 0 and ulong lifetime)
                {
                    Lifetime(lifetime);
                    _out.Write(' ');
                }

                _out.Write(tag == 'Q' ? "mut " : "");
                Type();
                break;
            case 'P' or 'O':
                _out.Write(tag == 'P' ? "*const " : "*mut ");
                Type();
                break;
            case 'A' or 'S':
                Array(tag);
                break;
            case 'T':
                _out.Write('(');
                _out.Write(Types() == 1 ? ",)" : ")");
                break;
            case 'F':
                Function();
                break;
            case 'D':
                Dyn();
                break;
            case 'B':
                Back(Type);
                break;
            default:
                if (Basic(tag) is string basic)
                {
                    _out.Write(basic);
                    break;
                }

                _at--;
                Path(inValue: false);
                break;
        }

        _out.Leave();
    }

    private void Array(char tag)
    {
        _out.Write('[');
        Type();
        if (tag == 'A')
        {
            _out.Write("; ");
            Const(inValue: true);
        }

        _out.Write(']');
    }

    private int Types()
    {
        int count = 0;
        for (; !_out.Failed && !Eat('E'); count++)
        {
            _out.Write(count == 0 ? "" : ", ");
            Type();
        }

        return count;
    }

    private void Function()
    {
        ulong bound = _bound;
        Binder();
        _out.Write(Eat('U') ? "unsafe " : "");
        if (Eat('K'))
        {
            string abi = Eat('C') ? "C" : Identifier().Replace('_', '-');
            _out.Write($"extern \"{abi}\" ");
        }

        _out.Write("fn(");
        Types();
        _out.Write(')');
        if (!Eat('u'))
        {
            _out.Write(" -> ");
            Type();
        }

        _bound = bound;
    }

    private void Dyn()
    {
        ulong bound = _bound;
        _out.Write("dyn ");
        Binder();
        for (int i = 0; !_out.Failed && !Eat('E'); i++)
        {
            _out.Write(i == 0 ? "" : " + ");
            DynTrait();
        }

        _bound = bound;
        if (!Eat('L'))
            _out.Fail();
        ulong lifetime = Base62();
        if (lifetime == 0)
            return;
        _out.Write(" + ");
        Lifetime(lifetime);
    }

    /// <summary>A trait, whose associated types go into the same brackets as its arguments.</summary>
    private void DynTrait()
    {
        bool open = OpenPath();
        while (Eat('p'))
        {
            _out.Write(open ? ", " : "<");
            open = true;
            _out.Write(Identifier());
            _out.Write(" = ");
            Type();
        }

        _out.Write(open ? ">" : "");
    }

    private bool OpenPath()
    {
        bool open = false;
        if (!_out.Enter())
            return false;
        if (Eat('B'))
        {
            Back(() => open = OpenPath());
        }
        else if (Eat('I'))
        {
            Path(inValue: false);
            _out.Write('<');
            Arguments();
            open = true;
        }
        else
        {
            Path(inValue: false);
        }

        _out.Leave();
        return open;
    }
}
