using System.Diagnostics.CodeAnalysis;
using System.Numerics;

namespace Metering.Grid.Directory;

/// <summary>
/// A bounded table by byte key. Reading takes no lock and allocates nothing; adding and removing are the owner's, under its lock. When
/// it is full, the oldest entry that was not read since it was last considered goes (the "second chance" rule,
/// an approximation of least recently used).
/// </summary>
/// <remarks>
/// Open addressing. A place, once taken, keeps its slot until the whole table is replaced by a new one; a slot that was removed says so
/// and is passed over. So a reader that still has the old table, or looks while a place is filled, finds what was there or nothing.
/// </remarks>
internal sealed class BoundedCache<TValue>(int capacity)
    where TValue : class
{
    private const int PlacesMin = 64;
    private const uint Spread = 0x9E3779B1u;

    private readonly Queue<Slot> order = new();
    private volatile Place[] places = new Place[PlacesMin];
    private int taken;

    /// <summary>How many entries.</summary>
    public int Count { get; private set; }

    /// <summary>The hash that the table knows a key by.</summary>
    public static uint HashOf(ReadOnlySpan<byte> key) => Placement.Crc32C(key) * Spread;

    /// <summary>Finds an entry and gives it its second chance.</summary>
    public bool TryFind(ReadOnlySpan<byte> key, [NotNullWhen(true)] out TValue? value)
    {
        if (Find(key) is not { } slot)
        {
            value = null;
            return false;
        }

        slot.Touch();
        value = slot.Value;
        return true;
    }

    /// <summary>Reads the place where a key with this hash would be, for those that will look for many keys.</summary>
    /// <returns>Something made of what was read, so that it is read.</returns>
    public uint Preload(uint hash)
    {
        Place[] read = places;
        return read[hash & (uint)(read.Length - 1)].Hash;
    }

    /// <summary>
    /// An entry that probably has the key with this hash, or null: no key is compared. It is given its second chance.
    /// </summary>
    public TValue? Guess(uint hash)
    {
        Place[] read = places;
        uint mask = (uint)read.Length - 1;
        for (uint at = hash & mask; Volatile.Read(ref read[at].Slot) is { } slot; at = (at + 1) & mask)
        {
            if (read[at].Hash != hash || slot.Removed)
                continue;
            slot.Touch();
            return slot.Value;
        }

        return null;
    }

    /// <summary>Adds an entry whose key is not there.</summary>
    /// <returns>The entry that had to go, or null.</returns>
    public TValue? Add(byte[] key, TValue value)
    {
        if (Find(key) is not null)
            throw new InvalidOperationException("The key is there already.");
        if ((taken + 1) * 2 > places.Length)
            Rebuild();
        var slot = new Slot(HashOf(key), key, value);
        Put(places, slot);
        taken++;
        order.Enqueue(slot);
        Count++;
        return Count > capacity ? Evict() : null;
    }

    /// <summary>Removes an entry.</summary>
    public bool Remove(ReadOnlySpan<byte> key)
    {
        if (Find(key) is not { } slot)
            return false;
        slot.Removed = true;
        Count--;
        if (order.Count > 2 * (Count + 16))
            Compact();
        return true;
    }

    private Slot? Find(ReadOnlySpan<byte> key)
    {
        Place[] read = places;
        uint mask = (uint)read.Length - 1;
        uint hash = HashOf(key);
        for (uint at = hash & mask; Volatile.Read(ref read[at].Slot) is { } slot; at = (at + 1) & mask)
        {
            if (read[at].Hash == hash && !slot.Removed && key.SequenceEqual(slot.Key))
                return slot;
        }

        return null;
    }

    private static void Put(Place[] into, Slot slot)
    {
        uint mask = (uint)into.Length - 1;
        uint at = slot.Hash & mask;
        while (into[at].Slot is not null)
            at = (at + 1) & mask;
        // The hash first: whoever sees the slot sees its hash.
        into[at].Hash = slot.Hash;
        Volatile.Write(ref into[at].Slot, slot);
    }

    /// <summary>A new table without what was removed, at most a quarter full.</summary>
    private void Rebuild()
    {
        var larger = new Place[Math.Max(PlacesMin, (int)BitOperations.RoundUpToPowerOf2((uint)(Count + 1) * 4))];
        taken = 0;
        foreach (Slot slot in order)
        {
            if (slot.Removed)
                continue;
            Put(larger, slot);
            taken++;
        }

        places = larger;
    }

    private TValue? Evict()
    {
        while (order.TryDequeue(out Slot? slot))
        {
            if (slot.Removed)
                continue;
            if (slot.Used)
            {
                slot.Used = false;
                order.Enqueue(slot);
                continue;
            }

            Remove(slot.Key);
            return slot.Value;
        }

        return null;
    }

    private void Compact()
    {
        for (int left = order.Count; left > 0; left--)
        {
            Slot slot = order.Dequeue();
            if (!slot.Removed)
                order.Enqueue(slot);
        }
    }

    private struct Place
    {
        public uint Hash;
        public Slot? Slot;
    }

    private sealed class Slot(uint hash, byte[] key, TValue value)
    {
        public volatile bool Used;
        public volatile bool Removed;

        public uint Hash { get; } = hash;

        public byte[] Key { get; } = key;

        public TValue Value { get; } = value;

        public void Touch()
        {
            // Written only when it changes: many readers share the line.
            if (!Used)
                Used = true;
        }
    }
}
