namespace ForkFollow.Service;

/// <summary>What became of it; a service of the host. Written when following has ended, before the host stops.</summary>
public sealed class FollowOutcome
{
    /// <summary>
    /// The status to exit with: that of the launched command (128 plus its signal); 2 if following could not begin, 126 and 127
    /// as env(1); 70 for a fault of ours, which it is until it is known better; 0 otherwise.
    /// </summary>
    public int ExitStatus { get; set; } = Service.ExitStatus.InternalFault;
}
