using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;

namespace Metering.Grid.Directory;

/// <summary>
/// A bounded table by byte key. Reading takes no lock and allocates nothing; adding and removing are the owner's, under its lock. When
/// it is full, the oldest entry that was not read since it was last considered goes (the "second chance" rule,
/// an approximation of least recently used).
/// </summary>
internal sealed class BoundedCache<TValue>
    where TValue : class
{
    private readonly int capacity;
    private readonly ConcurrentDictionary<byte[], Slot> slots;
    private readonly ConcurrentDictionary<byte[], Slot>.AlternateLookup<ReadOnlySpan<byte>> bySpan;
    private readonly Queue<Slot> order = new();

    public BoundedCache(int capacity)
    {
        this.capacity = capacity;
        slots = new ConcurrentDictionary<byte[], Slot>(ByteKeyComparer.Instance);
        bySpan = slots.GetAlternateLookup<ReadOnlySpan<byte>>();
    }

    /// <summary>How many entries.</summary>
    public int Count { get; private set; }

    /// <summary>Finds an entry and gives it its second chance.</summary>
    public bool TryFind(ReadOnlySpan<byte> key, [NotNullWhen(true)] out TValue? value)
    {
        if (!bySpan.TryGetValue(key, out Slot? slot))
        {
            value = null;
            return false;
        }

        // Written only when it changes: many readers share the line.
        if (!slot.Used)
            slot.Used = true;
        value = slot.Value;
        return true;
    }

    /// <summary>Adds an entry whose key is not there.</summary>
    /// <returns>The entry that had to go, or null.</returns>
    public TValue? Add(byte[] key, TValue value)
    {
        var slot = new Slot(key, value);
        if (!slots.TryAdd(key, slot))
            throw new InvalidOperationException("The key is there already.");
        order.Enqueue(slot);
        Count++;
        return Count > capacity ? Evict() : null;
    }

    /// <summary>Removes an entry.</summary>
    public bool Remove(ReadOnlySpan<byte> key)
    {
        if (!bySpan.TryRemove(key, out _, out Slot? slot))
            return false;
        slot.Removed = true;
        Count--;
        if (order.Count > 2 * (Count + 16))
            Compact();
        return true;
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

    private sealed class Slot(byte[] key, TValue value)
    {
        public volatile bool Used;

        public byte[] Key { get; } = key;

        public TValue Value { get; } = value;

        public bool Removed { get; set; }
    }
}
