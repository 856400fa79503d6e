namespace Metering.Grid.Journal;

/// <summary>
/// Where an event stands in its partition's journal: the group's sequence number and the event's place among the events of the group.
/// </summary>
/// <param name="Sequence">The group, counted from 1; below 2^40.</param>
/// <param name="Ordinal">The event within the group, counted from 0; below 2^24.</param>
public readonly record struct JournalPosition(long Sequence, int Ordinal)
{
    /// <summary>As one number, ordered as the journal is.</summary>
    public ulong Packed => ((ulong)Sequence << 24) | (uint)Ordinal;

    /// <summary>The position that a number stands for.</summary>
    public static JournalPosition Unpack(ulong packed) => new((long)(packed >> 24), (int)(packed & 0xFF_FFFF));
}
