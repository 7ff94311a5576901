namespace ForkFollow.Bench;

/// <summary>A kind of birth, done over and over by one process or by several at a time.</summary>
internal sealed record Storm(string Kind, int Operations, int Parallel)
{
    /// <summary>More than the CPUs of the machine that the goals were set on: where polling hurts.</summary>
    public const int Crowded = 3;

    public bool Alone => Parallel == 1;

    public string Title => $"{Kind}, {(Alone ? "alone" : "three at a time")}";

    /// <summary>Alone first, then three at a time; some 0.3 s a run under the bare loop.</summary>
    public static IEnumerable<Storm> All(IEnumerable<string> kinds, bool quick) =>
        from kind in kinds
        from parallel in (int[])[1, Crowded]
        select new Storm(kind, Count(kind) / (quick ? 5 : 1), parallel);

    public Command Command(NativePrograms programs) => new(programs.Storm, Kind, $"{Operations}", $"{Parallel}");

    private static int Count(string kind) => kind switch
    {
        "fork" => 1500,
        "vfork" => 2500,
        "exec" => 400,
        "thread" => 4000,
        _ => throw new BenchException($"unknown storm '{kind}'"),
    };
}
