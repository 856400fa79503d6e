namespace Metering.Grid.Dedup;

/// <summary>One identity of a dedup segment and where its event is journaled, packed as
/// <see cref="Journal.JournalPosition.Packed"/>.</summary>
public readonly record struct SegmentEntry(UInt128 Identity, ulong Packed) : IComparable<SegmentEntry>
{
    /// <summary>By identity, then position.</summary>
    public int CompareTo(SegmentEntry other)
    {
        int byIdentity = Identity.CompareTo(other.Identity);
        return byIdentity != 0 ? byIdentity : Packed.CompareTo(other.Packed);
    }
}
