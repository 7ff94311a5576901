using System.Globalization;

namespace ForkFollow.Symbols;

/// <summary>
/// Writes C++ names as libiberty does (c++filt, perf, gdb). A type is written in two halves, left and right of what it
/// declares: <c>void (*</c> and <c>)(int)</c>. Limits: <see cref="DemangleText"/>. One thread.
/// </summary>
internal sealed partial class CppPrinter
{
    private const int MaxChain = 400;

    private readonly DemangleText _out;
    private int _packIndex = -1;
    private int _packSize = -1;

    internal CppPrinter(DemangleText text) => _out = text;

    internal void Print(CppNode? node)
    {
        Left(node);
        Right(node);
    }

    /// <summary>The name that constructors of a class have: the last part of it, without template arguments.</summary>
    internal static CppNode BaseName(CppNode node)
    {
        for (int i = 0; i < MaxChain; i++)
        {
            if (node.BaseName is not null)
                return new(node.BaseName);
            CppNode? next = node.Kind switch
            {
                CppKind.Qualified or CppKind.Local => node.B,
                CppKind.Template or CppKind.Tagged => node.A,
                _ => null,
            };
            if (next is null)
                break;
            node = next;
        }

        return node;
    }

    private void Left(CppNode? node)
    {
        if (node is null || !_out.Enter())
            return;
        switch (node.Kind)
        {
            case CppKind.Function:
                Left(node.A);
                _out.Write(node.A is null || IsTwoSided(node.A, through: true) ? "" : " ");
                break;
            case CppKind.Encoding:
                Encoding(node);
                break;
            case CppKind.Pointer:
                LeftPointer(node);
                break;
            case CppKind.Array:
                Left(node.A);
                break;
            case CppKind.MemberPointer:
                Left(node.B);
                _out.Write(IsTwoSided(node.B) ? "(" : " ");
                Print(node.A);
                _out.Write("::*");
                break;
            case CppKind.Qualifiers:
                Left(node.A);
                Qualifiers(node);
                break;
            case CppKind.Forward:
                Left(node.A);
                break;
            case CppKind.Pack:
                LeftPack(node);
                break;
            default:
                OneSided(node);
                break;
        }

        _out.Leave();
    }

    private void Right(CppNode? node)
    {
        if (node is null || !_out.Enter())
            return;
        switch (node.Kind)
        {
            case CppKind.Function:
                _out.Write('(');
                Items(node.Items);
                _out.Write(')');
                _out.Write(node.Text);
                Right(node.A);
                break;
            case CppKind.Pointer:
                (CppNode? target, _) = Collapse(node);
                _out.Write(IsTwoSided(target) ? ")" : "");
                Right(target);
                break;
            case CppKind.Array:
                _out.Write(_out.Last == ']' ? "[" : " [");
                Print(node.B);
                _out.Write(']');
                Right(node.A);
                break;
            case CppKind.MemberPointer:
                _out.Write(IsTwoSided(node.B) ? ")" : "");
                Right(node.B);
                break;
            case CppKind.Qualifiers or CppKind.Forward:
                Right(node.A);
                break;
            case CppKind.Pack when _packIndex >= 0 && _packIndex < node.Items.Count:
                Right(node.Items[_packIndex]);
                break;
            default:
                break;
        }

        _out.Leave();
    }

    private void Encoding(CppNode node)
    {
        if (node.A is not null)
        {
            Left(node.A);
            _out.Write(IsTwoSided(node.A, through: true) ? "" : " ");
        }

        Print(node.B);
        _out.Write('(');
        Items(node.Items);
        _out.Write(')');
        Right(node.A);
        _out.Write(node.Text);
    }

    private void LeftPointer(CppNode node)
    {
        (CppNode? target, string symbol) = Collapse(node);
        Left(target);
        if (IsTwoSided(target))
            _out.Write(_out.Last is ' ' or '(' ? "(" : " (");
        _out.Write(symbol);
    }

    private void LeftPack(CppNode node)
    {
        if (_packSize < 0)
        {
            _packSize = node.Items.Count;
            _packIndex = _packSize > 0 ? 0 : -1;
        }

        if (_packIndex >= 0 && _packIndex < node.Items.Count)
            Left(node.Items[_packIndex]);
    }

    private void OneSided(CppNode node)
    {
        switch (node.Kind)
        {
            case CppKind.Text:
                _out.Write(node.Text);
                break;
            case CppKind.Sequence:
                foreach (CppNode item in node.Items)
                    Print(item);
                break;
            case CppKind.List:
                Items(node.Items);
                break;
            case CppKind.Qualified or CppKind.Local:
                Print(node.A);
                _out.Write("::");
                Print(node.B);
                break;
            case CppKind.Template:
                Template(node);
                break;
            case CppKind.Structor:
                _out.Write(node.Text);
                Print(node.A);
                break;
            case CppKind.Conversion:
                _out.Write("operator ");
                Print(node.A);
                break;
            case CppKind.Tagged:
                Print(node.A);
                _out.Write("[abi:");
                _out.Write(node.Text);
                _out.Write(']');
                break;
            case CppKind.Expansion:
                Expansion(node);
                break;
            case CppKind.PackSize:
                int size = node.A is { Kind: CppKind.Pack } pack ? pack.Items.Count : 1;
                _out.Write(size.ToString(CultureInfo.InvariantCulture));
                break;
            default:
                _out.Fail();
                break;
        }
    }

    private void Template(CppNode node)
    {
        Print(node.A);
        _out.Write(_out.Last == '<' ? " <" : "<");
        Items(node.Items);
        _out.Write(_out.Last == '>' ? " >" : ">");
    }

    /// <summary>With commas between those that write something: an empty pack does not.</summary>
    private void Items(List<CppNode> items)
    {
        bool any = false;
        foreach (CppNode item in items)
        {
            int before = _out.Length;
            _out.Write(any ? ", " : "");
            int start = _out.Length;
            Print(item);
            if (_out.Failed)
                return;
            if (_out.Length == start)
                _out.CutTo(before, _out.Last);
            else
                any = true;
        }
    }

    private void Expansion(CppNode node)
    {
        (int index, int size) = (_packIndex, _packSize);
        (_packIndex, _packSize) = (-1, -1);
        (int start, char last) = (_out.Length, _out.Last);
        Print(node.A);
        if (_packSize == 0)
            _out.CutTo(start, last);
        int count = _packSize;
        for (int i = 1; i < count && !_out.Failed; i++)
        {
            _out.Write(", ");
            (_packIndex, _packSize) = (i, count);
            Print(node.A);
        }

        if (count < 0)
            _out.Write("..."); // no pack in it was known
        (_packIndex, _packSize) = (index, size);
    }
}
