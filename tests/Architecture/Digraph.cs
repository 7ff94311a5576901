namespace ForkFollow.Architecture;

/// <summary>One arrow: <paramref name="From"/> uses so many names of <paramref name="To"/>.</summary>
internal sealed record Edge(string From, string To, int Weight);

/// <summary>Nodes and weighted arrows between them: which lie on a cycle, and what is the least that would break it.</summary>
internal sealed class Digraph
{
    // The least cut looks at every set of nodes: 2^16 sets are nothing, 2^30 would be the whole memory.
    private const int MostNodesForLeastCut = 16;

    private readonly Dictionary<string, List<Edge>> _leaving;

    internal Digraph(IEnumerable<string> nodes, IEnumerable<Edge> edges)
    {
        Edges = [.. edges.Where(edge => edge.From != edge.To)];
        _leaving = nodes.Concat(Edges.SelectMany(edge => new[] { edge.From, edge.To }))
            .Distinct().Order(StringComparer.Ordinal).ToDictionary(node => node, _ => new List<Edge>());
        foreach (Edge edge in Edges)
            _leaving[edge.From].Add(edge);
        Layers = FindComponents();
    }

    internal IReadOnlyList<Edge> Edges { get; }

    /// <summary>The strongly connected components, the lowest first: each uses only itself and those before it.</summary>
    internal IReadOnlyList<IReadOnlyList<string>> Layers { get; }

    /// <summary>The components of more than one node: from each node of one, arrows lead to each other node and back.</summary>
    internal IEnumerable<IReadOnlyList<string>> Cycles => Layers.Where(layer => layer.Count > 1);

    internal IEnumerable<Edge> Leaving(string node) => _leaving[node];

    internal IEnumerable<Edge> Within(IReadOnlyCollection<string> nodes) =>
        Edges.Where(edge => nodes.Contains(edge.From) && nodes.Contains(edge.To));

    /// <summary>All that can be reached from <paramref name="node"/> by arrows.</summary>
    internal IReadOnlySet<string> Reachable(string node)
    {
        var found = new HashSet<string>();
        var open = new Stack<string>([node]);
        while (open.TryPop(out string? next))
        {
            foreach (Edge edge in _leaving[next].Where(edge => found.Add(edge.To)))
                open.Push(edge.To);
        }

        return found;
    }

    /// <summary>
    /// The arrows of <paramref name="cycle"/> whose going leaves no cycle among its nodes, with the fewest names together;
    /// the smallest first. Of a very large cycle, its smallest arrow alone.
    /// </summary>
    internal IReadOnlyList<Edge> LeastCut(IReadOnlyList<string> cycle)
    {
        IEnumerable<Edge> within = Within(cycle).OrderBy(edge => edge.Weight);
        if (cycle.Count > MostNodesForLeastCut)
            return [within.First()];
        int[] height = BestOrder(cycle);
        var index = cycle.Select((node, i) => (node, i)).ToDictionary(pair => pair.node, pair => pair.i);
        return [.. within.Where(edge => height[index[edge.From]] < height[index[edge.To]])];
    }

    /// <summary>
    /// The height of each node in that order of them, one above the other, in which the arrows that lead upwards weigh the least.
    /// What a node adds depends only on which nodes are below it, not on their order: so the best of each set is enough.
    /// </summary>
    private int[] BestOrder(IReadOnlyList<string> nodes)
    {
        int count = nodes.Count;
        int[,] weights = new int[count, count];
        for (int from = 0; from < count; from++)
        {
            foreach (Edge edge in _leaving[nodes[from]])
            {
                for (int to = 0; to < count; to++)
                    weights[from, to] += nodes[to] == edge.To ? edge.Weight : 0;
            }
        }

        int[] cost = new int[1 << count];
        int[] top = new int[1 << count];
        Array.Fill(cost, int.MaxValue, 1, cost.Length - 1);
        for (int below = 0; below < cost.Length; below++)
        {
            for (int next = 0; next < count; next++)
            {
                if ((below & 1 << next) != 0)
                    continue;
                int upwards = 0;
                for (int above = 0; above < count; above++)
                    upwards += (below & 1 << above) == 0 ? weights[next, above] : 0;
                int set = below | 1 << next;
                if (cost[below] + upwards < cost[set])
                    (cost[set], top[set]) = (cost[below] + upwards, next);
            }
        }

        int[] height = new int[count];
        for (int set = cost.Length - 1, at = count - 1; at >= 0; set &= ~(1 << top[set]), at--)
            height[top[set]] = at;
        return height;
    }

    /// <summary>Tarjan's: a component is complete, and comes out, only after all that it leads to.</summary>
    private List<IReadOnlyList<string>> FindComponents()
    {
        var components = new List<IReadOnlyList<string>>();
        var number = new Dictionary<string, int>();
        var low = new Dictionary<string, int>();
        var open = new Stack<string>();
        foreach (string node in _leaving.Keys.Where(node => !number.ContainsKey(node)))
            Visit(node);
        return components;

        void Visit(string node)
        {
            low[node] = number[node] = number.Count;
            open.Push(node);
            foreach (string next in _leaving[node].Select(edge => edge.To))
            {
                if (!number.TryGetValue(next, out int seen))
                {
                    Visit(next);
                    low[node] = Math.Min(low[node], low[next]);
                }
                else if (open.Contains(next))
                {
                    low[node] = Math.Min(low[node], seen);
                }
            }

            if (low[node] != number[node])
                return;
            var component = new List<string>();
            do
                component.Add(open.Pop());
            while (component[^1] != node);
            component.Sort(StringComparer.Ordinal);
            components.Add(component);
        }
    }
}
