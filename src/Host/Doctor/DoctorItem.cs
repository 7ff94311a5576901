namespace ForkFollow.Host;

/// <summary>How good something is.</summary>
internal enum DoctorVerdict
{
    /// <summary>As it should be.</summary>
    Ok,

    /// <summary>Something will not work, or not wholly.</summary>
    Limited,

    /// <summary>It is not there.</summary>
    Missing,
}

/// <summary>One line of the doctor's.</summary>
/// <param name="Verdict">How good it is.</param>
/// <param name="Name">What was looked at.</param>
/// <param name="Finding">What was found, and what follows from it.</param>
/// <param name="Remedy">What to do about it; null if nothing need be done.</param>
internal sealed record DoctorItem(DoctorVerdict Verdict, string Name, string Finding, string? Remedy = null);
