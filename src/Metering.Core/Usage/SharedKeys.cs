namespace Metering.Core.Usage;

/// <summary>
/// Combinations that were seen lately, each as one array that everybody who counts it can share: many customers use the same few models,
/// and two arrays that are the same object need not be read to be compared. Bounded; used by one thread at a time.
/// </summary>
public sealed class SharedKeys
{
    private const int CountMax = 2048;
    private const int Slots = 2 * CountMax;
    private const int NamesMax = 64;

    private readonly List<string[]> names = [];
    private byte[]?[] keys = new byte[]?[64];
    private int count;

    /// <summary>The array with these bytes. It is never changed.</summary>
    public byte[] Share(ReadOnlySpan<byte> key)
    {
        int slot = Find(key);
        if (keys[slot] is { } known)
            return known;
        if (count * 2 >= keys.Length)
        {
            Grow();
            slot = Find(key);
        }

        count++;
        return keys[slot] = key.ToArray();
    }

    /// <summary>The array with these names of dimensions, each of them interned. It is never changed.</summary>
    public string[] Share(string[] dimensionNames)
    {
        foreach (string[] known in names)
        {
            if (dimensionNames.AsSpan().SequenceEqual(known))
                return known;
        }

        if (names.Count == NamesMax)
            names.Clear();
        names.Add(dimensionNames);
        return dimensionNames;
    }

    private int Find(ReadOnlySpan<byte> key)
    {
        int mask = keys.Length - 1;
        int slot = (int)DimensionKey.Hash(key) & mask;
        while (keys[slot] is { } other && !key.SequenceEqual(other))
            slot = (slot + 1) & mask;
        return slot;
    }

    /// <summary>Past the bound it begins anew: whoever sends ever new combinations costs nobody anything for long.</summary>
    private void Grow()
    {
        byte[]?[] old = keys;
        keys = new byte[]?[Math.Min(old.Length * 2, Slots)];
        if (old.Length == Slots)
        {
            count = 0;
            return;
        }

        foreach (byte[]? key in old)
        {
            if (key is not null)
                keys[Find(key)] = key;
        }
    }
}
