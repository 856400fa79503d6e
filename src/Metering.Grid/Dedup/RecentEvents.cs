using Metering.Core.Money;
using Metering.Core.Time;
using Metering.Grid.Journal;

namespace Metering.Grid.Dedup;

/// <summary>
/// The exact set of the identities taken most recently: 48-byte entries in the order of the journal, and an open-addressing index of
/// 8-byte slots beside them, which hold so much of an identity that hardly another entry than the one looked for is ever read. Used under
/// the partition's lock; nothing leaves it before its dedup segment is committed.
/// </summary>
/// <remarks>
/// The entries lie in a ring of pages below the bound of the large object heap, which are used again: growing copies none of them, and
/// what it leaves behind is no reason for a collection of the whole heap.
/// </remarks>
public sealed class RecentEvents : IRecentEvents
{
    private const int PageBits = 10;
    private const int PageEntries = 1 << PageBits;
    private const int SlotsMin = 512;
    private const int SparePagesMax = 16;

    // A slot holds the lower bits of an entry's number, and one more so that 0 is an empty one. Its upper half is the lower 32 bits of the
    // entry's identity.
    private const int NumberMask = (1 << 30) - 1;

    private readonly Dictionary<ulong, Amount> largeCredits = [];
    private readonly Stack<Entry[]> spare = [];
    private Entry[]?[] pages = new Entry[]?[4];
    private ulong[] slots = new ulong[SlotsMin];
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

        ref Entry entry = ref At(NumberOf(slots[slot]));
        Amount credits = entry.Nanos == long.MinValue ? largeCredits[entry.Packed] : Amount.FromNanos(entry.Nanos);
        outcome = new FirstOutcome(
            JournalPosition.Unpack(entry.Packed), entry.Digest, Instant.FromUnixMicroseconds(entry.AtMicroseconds), credits);
        return true;
    }

    /// <inheritdoc />
    public int Preload(UInt128 identity)
    {
        ulong[] read = Volatile.Read(ref slots);
        return (int)read[(int)((ulong)identity & (uint)(read.Length - 1))];
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
        if (Count * 2 >= slots.Length)
            Rehash(slots.Length * 2);
        bool large = outcome.Credits.Nanos > long.MaxValue || outcome.Credits.Nanos <= long.MinValue;
        if (large)
            largeCredits.Add(packed, outcome.Credits);
        if ((next & (PageEntries - 1)) == 0 || Count == 0)
            TakePage();
        At(next) = new Entry
        {
            High = (ulong)(identity >> 64),
            Low = (ulong)identity,
            Packed = packed,
            Digest = outcome.Digest,
            AtMicroseconds = outcome.At.UnixMicroseconds,
            Nanos = large ? long.MinValue : (long)outcome.Credits.Nanos,
        };
        ulong added = SlotOf(next, (ulong)identity);
        next++;
        slots[FindSlot(identity)] = added;
    }

    /// <summary>Copies the entries of groups up to <paramref name="sequence"/>, oldest first.</summary>
    /// <param name="sequence">The newest group to copy.</param>
    /// <param name="skip">How many of the oldest entries to leave out: the ones copied before.</param>
    /// <param name="into">Receives identity and packed position, as many as there are places.</param>
    /// <param name="newest">When the newest of the copied ones was taken; as it was when nothing was copied.</param>
    /// <returns>How many were copied.</returns>
    public int CopyThrough(long sequence, int skip, Span<SegmentEntry> into, ref Instant newest)
    {
        ulong end = new JournalPosition(sequence + 1, 0).Packed;
        int count = 0;
        for (long index = first + skip; index < next && count < into.Length; index++)
        {
            ref Entry entry = ref At(index);
            if (entry.Packed >= end)
                break;
            into[count++] = new SegmentEntry(new UInt128(entry.High, entry.Low), entry.Packed);
            newest = Instant.FromUnixMicroseconds(entry.AtMicroseconds);
        }

        return count;
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

    private ref Entry At(long number) => ref pages[(number >> PageBits) & (pages.Length - 1)]![number & (PageEntries - 1)];

    /// <summary>Sees to it that the next entry's page is there.</summary>
    private void TakePage()
    {
        long page = next >> PageBits;
        if (page - (first >> PageBits) >= pages.Length)
        {
            var larger = new Entry[]?[pages.Length * 2];
            for (long kept = first >> PageBits; kept < page; kept++)
                larger[kept & (larger.Length - 1)] = pages[kept & (pages.Length - 1)];
            pages = larger;
        }

        ref Entry[]? place = ref pages[page & (pages.Length - 1)];
        place ??= spare.TryPop(out Entry[]? used) ? used : new Entry[PageEntries];
    }

    private void RemoveFirst()
    {
        ref Entry entry = ref At(first);
        int slot = FindSlot(new UInt128(entry.High, entry.Low));
        if (entry.Nanos == long.MinValue)
            largeCredits.Remove(entry.Packed);
        // A newer copy of the same identity may have taken the slot over.
        if (slots[slot] == SlotOf(first, entry.Low))
            ClearSlot(slot);
        first++;
        if ((first & (PageEntries - 1)) == 0)
            GivePage((first >> PageBits) - 1);
    }

    private void GivePage(long page)
    {
        ref Entry[]? place = ref pages[page & (pages.Length - 1)];
        if (spare.Count < SparePagesMax)
            spare.Push(place!);
        place = null;
    }

    private void ClearSlot(int hole)
    {
        int mask = slots.Length - 1;
        slots[hole] = 0;
        for (int slot = (hole + 1) & mask; slots[slot] != 0; slot = (slot + 1) & mask)
        {
            int home = (int)(slots[slot] >> 32) & mask;
            // Moves back whatever could not be found any more across the hole.
            if (((slot - home) & mask) < ((slot - hole) & mask))
                continue;
            slots[hole] = slots[slot];
            slots[slot] = 0;
            hole = slot;
        }
    }

    private static ulong SlotOf(long number, ulong low) => (low << 32) | (ulong)((number & NumberMask) + 1);

    private static long NumberOf(ulong slot) => (uint)slot - 1L;

    private int FindSlot(UInt128 identity)
    {
        ulong low = (ulong)identity;
        ulong high = (ulong)(identity >> 64);
        int mask = slots.Length - 1;
        int slot = (int)(low & (uint)mask);
        while (slots[slot] is var taken and not 0)
        {
            if ((uint)(taken >> 32) == (uint)low)
            {
                ref Entry entry = ref At(NumberOf(taken));
                if (entry.Low == low && entry.High == high)
                    return slot;
            }

            slot = (slot + 1) & mask;
        }

        return slot;
    }

    private void Rehash(int size)
    {
        slots = new ulong[size];
        for (long number = first; number < next; number++)
        {
            ref Entry entry = ref At(number);
            slots[FindSlot(new UInt128(entry.High, entry.Low))] = SlotOf(number, entry.Low);
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
