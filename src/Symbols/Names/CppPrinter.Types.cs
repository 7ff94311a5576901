namespace ForkFollow.Symbols;

/// <summary>What types look like inside.</summary>
internal sealed partial class CppPrinter
{
    /// <summary>Those that the type does not have already, as the argument of a template.</summary>
    private void Qualifiers(CppNode node)
    {
        CppNode? inner = node.A is { Kind: CppKind.Pack } pack && _packIndex >= 0 && _packIndex < pack.Items.Count
            ? pack.Items[_packIndex] : node.A;
        inner = inner is { Kind: CppKind.Forward } ? inner.A : inner;
        if (inner is not { Kind: CppKind.Qualifiers })
        {
            _out.Write(node.Text);
            return;
        }

        foreach (string word in node.Text.Split(' ', StringSplitOptions.RemoveEmptyEntries))
        {
            if (!inner.Text.Contains(word, StringComparison.Ordinal))
                _out.Write(" " + word);
        }
    }

    /// <summary>Whether something of a type stands right of what it declares: functions and arrays.</summary>
    /// <param name="node">The type.</param>
    /// <param name="through">Also if it is a pointer to one.</param>
    private bool IsTwoSided(CppNode? node, bool through = false)
    {
        for (int i = 0; i < MaxChain && node is not null; i++)
        {
            switch (node.Kind)
            {
                case CppKind.Function or CppKind.Array:
                    return true;
                case CppKind.Qualifiers or CppKind.Forward:
                case CppKind.Pointer when through:
                    node = node.A;
                    break;
                case CppKind.MemberPointer when through:
                    node = node.B;
                    break;
                case CppKind.Pack when _packIndex >= 0 && _packIndex < node.Items.Count:
                    node = node.Items[_packIndex];
                    break;
                case CppKind.Pack when _packSize < 0 && node.Items.Count > 0:
                    node = node.Items[0];
                    break;
                default:
                    return false;
            }
        }

        return false;
    }

    /// <summary>What a pointer or reference refers to; a reference to a reference is one.</summary>
    private (CppNode? Target, string Symbol) Collapse(CppNode node)
    {
        string symbol = node.Text;
        CppNode? target = node.A;
        for (int i = 0; i < MaxChain && target is not null && symbol[0] == '&'; i++)
        {
            if (target.Kind == CppKind.Forward)
            {
                target = target.A;
            }
            else if (target.Kind == CppKind.Pack && _packIndex >= 0 && _packIndex < target.Items.Count)
            {
                target = target.Items[_packIndex];
            }
            else if (target.Kind == CppKind.Pack && _packSize < 0 && target.Items.Count > 0)
            {
                (_packSize, _packIndex) = (target.Items.Count, 0);
            }
            else if (target.Kind == CppKind.Pointer && target.Text[0] == '&')
            {
                symbol = target.Text == "&" ? "&" : symbol;
                target = target.A;
            }
            else
            {
                break;
            }
        }

        return (target, symbol);
    }
}
