namespace ForkFollow.Bench;

/// <summary>The whole run: prepare, storms, single figures, report. Nothing is written unless all worked.</summary>
internal static class BenchRun
{
    public static async Task RunAsync(BenchOptions options, CancellationToken token)
    {
        // Before an hour of measuring, not after it.
        var root = options.Write ? ForkFollowProgram.RequiredRoot : null;
        var programs = await NativePrograms.BuildAsync(token);
        var forkFollow = options.Contenders.Any(Contender.IsForkFollow)
            ? await ForkFollowProgram.BuildAsync(options, Say, token)
            : null;
        var contenders = Contender.Select(options.Contenders, programs, forkFollow, Say);
        using var scratch = new Scratch();

        var storms = new List<StormResult>();
        foreach (var storm in Storm.All(options.Storms, options.Quick))
        {
            Say($"{storm.Title}: {options.Rounds} × {contenders.Count} runs");
            storms.Add(await StormRounds.RunAsync(storm, contenders, options.Rounds, programs, scratch, token));
        }

        var figures = new List<Figure>();
        foreach (var name in options.Figures)
        {
            figures.AddRange(await SingleAsync(name, options, contenders, programs, forkFollow, scratch, token));
        }

        if (storms.Count + figures.Count == 0)
        {
            throw new BenchException("nothing was measured: --only leaves no part that these --contenders run in");
        }

        var tables = Report.Tables(contenders, storms, figures);
        Console.Out.Write(tables);
        if (root is not null)
        {
            Say($"written: {BenchmarkPage.Write(root, options, tables)}");
        }
    }

    private static async Task<IReadOnlyList<Figure>> SingleAsync(
        string name,
        BenchOptions options,
        IReadOnlyList<Contender> contenders,
        NativePrograms programs,
        ForkFollowProgram? forkFollow,
        Scratch scratch,
        CancellationToken token)
    {
        if (name == "startup")
        {
            Say("start-up");
            return await StartUp.MeasureAsync(contenders, options.Rounds, programs, scratch, token);
        }

        if (forkFollow is null)
        {
            Say($"{name} is skipped: it is about forkfollow, which is not among the contenders");
            return [];
        }

        Say(name);
        return name switch
        {
            "idle" => await Idle.MeasureAsync(forkFollow, options.Quick, scratch, token),
            "slowdown" => await Slowdown.MeasureAsync(forkFollow, options, programs, scratch, token),
            "short" => await ShortRun.MeasureAsync(forkFollow, options, programs, scratch, token),
            "many" => await ManyProcesses.MeasureAsync(forkFollow, options.Quick, scratch, token),
            _ => await Crowd.MeasureAsync(forkFollow, options.Quick, programs, scratch, token),
        };
    }

    private static void Say(string text) => Console.Error.WriteLine($"bench: {text}");
}
