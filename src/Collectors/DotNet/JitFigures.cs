using ForkFollow.Results;
using ForkFollow.Symbols;

namespace ForkFollow.Collectors.DotNet;

/// <summary>What was compiled, and where the code of all methods is. Under the reader's lock.</summary>
internal sealed class JitFigures
{
    /// <summary>Compilations that were begun; a thread works on one at a time, and few threads compile.</summary>
    private const int MostBegun = 10_000;

    private readonly Dictionary<(long Thread, ulong Method), (long Time, uint IlBytes)> _begun = [];
    private readonly long[] _tiers = new long[Enum.GetValues<MethodTier>().Length];
    private long _ilBytes;
    private long _ns;

    /// <summary>Where the methods are.</summary>
    internal MethodMapBuilder Map { get; } = new();

    /// <summary>Takes an event of the runtime.</summary>
    internal void Take(in RuntimeEvent one)
    {
        var fields = new PayloadReader(one.Payload);
        switch (one.Id)
        {
            case 145: // MethodJittingStarted: u64 method, module; u32 token, bytes of IL; names
                ulong method = fields.U64();
                fields.Take(12);
                uint bytes = fields.U32();
                if (!fields.IsShort && _begun.Count < MostBegun)
                    _begun[(one.Thread, method)] = (one.Time, bytes);
                break;
            case 143:
                TakeLoad(one, ref fields);
                break;
            default:
                break;
        }
    }

    /// <summary>Takes an event of the rundown: a method as MethodDCStartVerbose or MethodDCEndVerbose.</summary>
    internal void TakeRundown(in RuntimeEvent one)
    {
        var fields = new PayloadReader(one.Payload);
        if (one.Id is 143 or 144)
            AddMethod(ref fields, out _, out _);
    }

    /// <summary>The figures so far.</summary>
    internal RecordedJit Summarize() => new()
    {
        Methods = _tiers.Sum(),
        Tiers = Enum.GetValues<MethodTier>().Where(tier => _tiers[(int)tier] > 0)
            .ToDictionary(tier => tier.ToString(), tier => _tiers[(int)tier]),
        IlBytes = _ilBytes,
        Ns = _ns,
        Precompiled = Map.Precompiled,
    };

    private void TakeLoad(in RuntimeEvent one, ref PayloadReader fields)
    {
        if (!AddMethod(ref fields, out ulong method, out MethodTier tier) || tier == MethodTier.ReadyToRun)
            return;
        _tiers[(int)tier]++;
        if (!_begun.Remove((one.Thread, method), out (long Time, uint IlBytes) begun))
            return;
        _ilBytes += begun.IlBytes;
        _ns += Math.Clamp(one.Time - begun.Time, 0, long.MaxValue - _ns);
    }

    /// <summary>u64 method, module, start; u32 size, token, flags; namespace, name, signature.</summary>
    private bool AddMethod(ref PayloadReader fields, out ulong method, out MethodTier tier)
    {
        method = fields.U64();
        fields.U64();
        ulong start = fields.U64();
        uint size = fields.U32();
        fields.U32();
        tier = MethodTiers.Of(fields.U32());
        ReadOnlySpan<char> type = fields.Text();
        ReadOnlySpan<char> name = fields.Text();
        ReadOnlySpan<char> signature = fields.Text();
        if (fields.IsShort)
            return false;
        Map.Add(start, size, tier, type, name, signature);
        return true;
    }
}
