using System.Runtime.InteropServices;

namespace ForkFollow.Host;

/// <summary>
/// Finds processes that look alike: the same name, and below them the same kinds, however many of each. Thus 412 compiler
/// drivers, each with a cc1 and an as, are one kind, and so are two makes with 3 and 5 compilers.
/// <para>Constraint: a tree may be a chain of 10,000, so nothing here recurses. Children come behind their parents in
/// <see cref="InPreOrder"/>; from its end to its start, each one's children have their kinds before it needs them.</para>
/// </summary>
internal static class TreeReportKinds
{
    /// <summary>Sets <see cref="TreeReportNode.Kind"/> everywhere.</summary>
    internal static void Assign(IReadOnlyList<TreeReportNode> roots)
    {
        var kinds = new Dictionary<Look, int>();
        List<TreeReportNode> all = InPreOrder(roots);
        for (int i = all.Count - 1; i >= 0; i--)
        {
            TreeReportNode node = all[i];
            int[] below = [.. node.Children.Select(child => child.Kind).Distinct().Order()];
            ref int kind = ref CollectionsMarshal.GetValueRefOrAddDefault(kinds, new(node.Name, below), out bool known);
            if (!known)
                kind = kinds.Count;
            node.Kind = kind;
        }
    }

    private static List<TreeReportNode> InPreOrder(IReadOnlyList<TreeReportNode> roots)
    {
        var order = new List<TreeReportNode>();
        var rest = new Stack<TreeReportNode>(roots);
        while (rest.TryPop(out TreeReportNode? node))
        {
            order.Add(node);
            foreach (TreeReportNode child in node.Children)
                rest.Push(child);
        }

        return order;
    }

    private readonly struct Look(string name, int[] below) : IEquatable<Look>
    {
        private readonly string _name = name;
        private readonly int[] _below = below;

        public bool Equals(Look other) => _name == other._name && _below.AsSpan().SequenceEqual(other._below);

        public override bool Equals(object? obj) => obj is Look other && Equals(other);

        public override int GetHashCode()
        {
            var hash = default(HashCode);
            hash.Add(_name);
            hash.AddBytes(MemoryMarshal.AsBytes(_below.AsSpan()));
            return hash.ToHashCode();
        }
    }
}
