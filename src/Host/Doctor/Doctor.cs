namespace ForkFollow.Host;

/// <summary>
/// <c>forkfollow doctor</c>: looks at this machine, and says what will work and what to do about the rest. It does what it
/// can for real (it launches a command and follows it, it opens counters), since no setting tells what a container's
/// seccomp profile or a security module forbids.
/// </summary>
internal static class Doctor
{
    private const int NameWidth = 22;

    /// <summary>Writes a line per item, then what will work, for a machine of which these facts are true.</summary>
    /// <returns>0 if launching, and attaching to processes of one's own, will work; else 1.</returns>
    internal static int Run(TextWriter output, DoctorFacts facts)
    {
        foreach (DoctorItem item in DoctorChecks.Judge(facts))
            output.Write(Line(WordFor(item.Verdict), item) + "\n");

        output.Write("\nwhat will work:\n");
        foreach (DoctorItem item in DoctorSummary.Judge(facts))
            output.Write(Line(AnswerFor(item.Verdict), item) + "\n");
        output.Flush();
        return DoctorSummary.CanLaunch(facts) && DoctorSummary.CanAttachToOwn(facts) ? 0 : 1;
    }

    private static string Line(string word, DoctorItem item)
    {
        string remedy = item.Remedy is null ? "" : "; " + item.Remedy;
        return $"{word,-7}  {item.Name.PadRight(NameWidth)}  {SafeText.Escape(item.Finding + remedy)}".TrimEnd();
    }

    private static string WordFor(DoctorVerdict verdict) => verdict switch
    {
        DoctorVerdict.Ok => "ok",
        DoctorVerdict.Limited => "limited",
        _ => "missing",
    };

    private static string AnswerFor(DoctorVerdict verdict) => verdict switch
    {
        DoctorVerdict.Ok => "yes",
        DoctorVerdict.Limited => "limited",
        _ => "no",
    };
}
