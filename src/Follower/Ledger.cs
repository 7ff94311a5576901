namespace ForkFollow.Follower;

/// <summary>Why something is not in the results, or not as it would be without us.</summary>
public enum LedgerKind
{
    /// <summary>A target, or one of its threads, could not be seized.</summary>
    SeizeRefused,

    /// <summary>A child was made with CLONE_UNTRACED: it runs, and nobody follows it.</summary>
    Escaped,

    /// <summary>A set-uid or set-gid program ran without its privileges, because its tracer lacks CAP_SYS_PTRACE.</summary>
    WithoutPrivileges,

    /// <summary>A child whose creator was killed before it could report it: its parent is not known.</summary>
    ParentUnknown,

    /// <summary>An observer failed.</summary>
    ObserverFault,

    /// <summary>A stop could not be handled; its tracee went on.</summary>
    Fault,

    /// <summary>A tracee vanished without a report.</summary>
    Vanished,

    /// <summary>A kernel event that this version does not know.</summary>
    UnknownEvent,

    /// <summary>A collector could not be opened, or lost records.</summary>
    Collector,

    /// <summary>A result file could not be written, or was removed.</summary>
    Results,
}

/// <summary>One line of the ledger. Immutable.</summary>
/// <param name="Kind">What kind of gap.</param>
/// <param name="Pid">The process or thread concerned.</param>
/// <param name="Text">What happened, in one line.</param>
public sealed record LedgerEntry(LedgerKind Kind, int Pid, string Text);
