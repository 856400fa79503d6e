namespace Metering.Simulation.Storing;

/// <summary>How often what goes wrong, in calls of a thousand; and how often it did.</summary>
internal sealed class FaultPlan
{
    public int LostPerMille { get; set; }

    public int UnknownPerMille { get; set; }

    public int LatePerMille { get; set; }

    public int SlowPerMille { get; set; }

    public int LostAnswerPerMille { get; set; }

    public SortedDictionary<string, long> Injected { get; } = new(StringComparer.Ordinal);

    public bool IsOver { get; set; }

    public void Count(string fault) => Injected[fault] = Injected.GetValueOrDefault(fault) + 1;
}

/// <summary>What a store does wrong on purpose, to see that the judge notices.</summary>
internal enum Sabotage
{
    /// <summary>Nothing.</summary>
    None,

    /// <summary>The fence is open: a group is written and a check held whatever its epoch.</summary>
    IgnoreEpoch,

    /// <summary>A round is acknowledged and not written.</summary>
    LoseRound,

    /// <summary>A group is written twice.</summary>
    WriteTwice,

    /// <summary>A check is held without being looked at.</summary>
    HoldEveryCheck,

    /// <summary>A checkpoint is stamped one group later than what it contains.</summary>
    StampLate,

    /// <summary>Dedup segments are saved without their blocks' contents.</summary>
    EmptySegments,
}

/// <summary>The shard's own failure as a process sees it.</summary>
internal sealed class ShardAwayException(string what) : Exception(what);
