using System.Numerics;
using Metering.Core.Money;
using Metering.Core.Time;
using Metering.Grid.Journal;

namespace Metering.Grid.Dedup;

/// <summary>
/// The exact set of the identities taken most recently: a ring of 48-byte entries in the order of the journal, and an open-addressing
/// index of 4-byte slots beside it. Used under the partition's lock; nothing leaves it before its dedup segment is committed.
/// </summary>
public sealed class RecentEvents : IRecentEvents
{
    private const int CapacityMin = 256;

    private readonly Dictionary<ulong, Amount> largeCredits = [];
    private Entry[] ring = new Entry[CapacityMin];
    private int[] slots = new int[CapacityMin * 2];
    private long first;
    private long next;
    private ulong skipThrough;

    /// <summary>Entries held.</summary>
    public int Count => (int)(next - first);

    /// <summary>The position of the newest entry, packed; 0 when there is none.</summary>
    public ulong NewestPacked => Count == 0 ? 0 : At(next - 1).Packed;

    /// <summary>From now on, additions of groups up to this one are ignored: dedup segments hold them. For replay.</summary>
    public void SkipThrough(long sequence) => skipThrough = new JournalPosition(sequence + 1, 0).Packed;

    /// <inheritdoc />
    public bool TryFind(UInt128 identity, out FirstOutcome outcome)
    {
        int slot = FindSlot(identity);
        if (slots[slot] == 0)
        {
            outcome = default;
            return false;
        }

        ref Entry entry = ref ring[slots[slot] - 1];
        Amount credits = entry.Nanos == long.MinValue ? largeCredits[entry.Packed] : Amount.FromNanos(entry.Nanos);
        outcome = new FirstOutcome(
            JournalPosition.Unpack(entry.Packed), entry.Digest, Instant.FromUnixMicroseconds(entry.AtMicroseconds), credits);
        return true;
    }

    /// <inheritdoc />
    public int Preload(UInt128 identity)
    {
        int[] read = Volatile.Read(ref slots);
        return read[(int)((ulong)identity & (uint)(read.Length - 1))];
    }

    /// <inheritdoc />
    /// <remarks>An identity that is there already, taken again past the dedup horizon, stands for its newest copy from then on.</remarks>
    public void Add(UInt128 identity, in FirstOutcome outcome)
    {
        ulong packed = outcome.Position.Packed;
        if (packed < skipThrough)
            return;
        if (packed <= NewestPacked)
            throw new InvalidOperationException("Events are remembered in the order of the journal.");
        if (Count == ring.Length)
            Grow();
        bool large = outcome.Credits.Nanos > long.MaxValue || outcome.Credits.Nanos <= long.MinValue;
        if (large)
            largeCredits.Add(packed, outcome.Credits);
        int place = (int)(next & (ring.Length - 1));
        ring[place] = new Entry
        {
            High = (ulong)(identity >> 64),
            Low = (ulong)identity,
            Packed = packed,
            Digest = outcome.Digest,
            AtMicroseconds = outcome.At.UnixMicroseconds,
            Nanos = large ? long.MinValue : (long)outcome.Credits.Nanos,
        };
        next++;
        slots[FindSlot(identity)] = place + 1;
    }

    /// <summary>Copies the entries of groups up to <paramref name="sequence"/>, oldest first.</summary>
    /// <param name="sequence">The newest group to copy.</param>
    /// <param name="into">Receives identity and packed position.</param>
    /// <param name="skip">How many of the oldest entries to leave out: the ones copied before.</param>
    /// <param name="limit">How many to copy at most.</param>
    /// <returns>When the newest of the copied ones was taken, or null when nothing was copied.</returns>
    public Instant? CopyThrough(long sequence, List<SegmentEntry> into, int skip, int limit)
    {
        ulong end = new JournalPosition(sequence + 1, 0).Packed;
        Instant? newest = null;
        for (long index = first + skip; index < next && limit > 0; index++, limit--)
        {
            ref Entry entry = ref At(index);
            if (entry.Packed >= end)
                break;
            into.Add(new SegmentEntry(new UInt128(entry.High, entry.Low), entry.Packed));
            newest = Instant.FromUnixMicroseconds(entry.AtMicroseconds);
        }

        return newest;
    }

    /// <summary>Removes the oldest entries of groups up to <paramref name="sequence"/>, at most <paramref name="limit"/> of them.</summary>
    /// <returns>Whether there are more to remove.</returns>
    public bool RemoveThrough(long sequence, int limit)
    {
        ulong end = new JournalPosition(sequence + 1, 0).Packed;
        while (first < next && At(first).Packed < end)
        {
            if (limit-- == 0)
                return true;
            RemoveFirst();
        }

        return false;
    }

    private ref Entry At(long index) => ref ring[(int)(index & (ring.Length - 1))];

    private void RemoveFirst()
    {
        int place = (int)(first & (ring.Length - 1));
        ref Entry entry = ref ring[place];
        int slot = FindSlot(new UInt128(entry.High, entry.Low));
        if (entry.Nanos == long.MinValue)
            largeCredits.Remove(entry.Packed);
        first++;
        // A newer copy of the same identity may have taken the slot over.
        if (slots[slot] == place + 1)
            ClearSlot(slot);
    }

    private void ClearSlot(int hole)
    {
        int mask = slots.Length - 1;
        slots[hole] = 0;
        for (int slot = (hole + 1) & mask; slots[slot] != 0; slot = (slot + 1) & mask)
        {
            int home = (int)(ring[slots[slot] - 1].Low & (uint)mask);
            // Moves back whatever could not be found any more across the hole.
            if (((slot - home) & mask) < ((slot - hole) & mask))
                continue;
            slots[hole] = slots[slot];
            slots[slot] = 0;
            hole = slot;
        }
    }

    private int FindSlot(UInt128 identity)
    {
        ulong low = (ulong)identity;
        ulong high = (ulong)(identity >> 64);
        int mask = slots.Length - 1;
        int slot = (int)(low & (uint)mask);
        while (slots[slot] != 0)
        {
            ref Entry entry = ref ring[slots[slot] - 1];
            if (entry.Low == low && entry.High == high)
                return slot;
            slot = (slot + 1) & mask;
        }

        return slot;
    }

    private void Grow()
    {
        int capacity = checked((int)BitOperations.RoundUpToPowerOf2((uint)ring.Length + 1));
        var larger = new Entry[capacity];
        for (long index = first; index < next; index++)
            larger[(int)(index & (capacity - 1))] = At(index);
        ring = larger;
        slots = new int[capacity * 2];
        for (long index = first; index < next; index++)
        {
            ref Entry entry = ref At(index);
            slots[FindSlot(new UInt128(entry.High, entry.Low))] = (int)(index & (capacity - 1)) + 1;
        }
    }

    /// <summary>Credits beyond 64 bits of nano-credits are rare and stand beside, so that an entry stays at 48 bytes.</summary>
    private struct Entry
    {
        public ulong High;
        public ulong Low;
        public ulong Packed;
        public ulong Digest;
        public long AtMicroseconds;
        public long Nanos;
    }
}
