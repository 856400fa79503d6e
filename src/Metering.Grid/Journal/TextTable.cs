using System.Numerics;
using System.Runtime.InteropServices;
using Metering.Core.Binary;

namespace Metering.Grid.Journal;

/// <summary>
/// The texts of one group: each is written once and named by its number from then on. In the group: twice its length and one, and the text,
/// for a new one, which gets the next number; twice its number for one that was written before. Numbers begin at 0.
/// </summary>
internal sealed class TextTable
{
    private (int Start, int Length, uint Hash)[] texts = new (int, int, uint)[64];
    private int[] slots = new int[128];
    private int count;

    public void Clear()
    {
        if (count == 0)
            return;
        count = 0;
        Array.Clear(slots);
    }

    /// <summary>Writes a text, or its number.</summary>
    public void Write(ByteWriter writer, ReadOnlySpan<byte> text)
    {
        uint hash = Hash(text);
        int mask = slots.Length - 1;
        int slot = (int)hash & mask;
        ReadOnlySpan<byte> written = writer.Span;
        for (; slots[slot] != 0; slot = (slot + 1) & mask)
        {
            ref readonly (int Start, int Length, uint Hash) known = ref texts[slots[slot] - 1];
            if (known.Hash == hash && text.SequenceEqual(written.Slice(known.Start, known.Length)))
            {
                writer.Unsigned((ulong)(slots[slot] - 1) << 1);
                return;
            }
        }

        writer.Unsigned(((ulong)text.Length << 1) | 1);
        writer.Raw(text);
        Add(slot, writer.Length - text.Length, text.Length, hash);
    }

    private static uint Hash(ReadOnlySpan<byte> text)
    {
        uint hash = (uint)text.Length;
        ReadOnlySpan<ulong> words = MemoryMarshal.Cast<byte, ulong>(text);
        foreach (ulong word in words)
            hash = BitOperations.Crc32C(hash, word);
        foreach (byte rest in text[(words.Length * 8)..])
            hash = BitOperations.Crc32C(hash, rest);
        return hash * 0x9E3779B1u;
    }

    private void Add(int slot, int start, int length, uint hash)
    {
        if (count == texts.Length)
            Array.Resize(ref texts, count * 2);
        texts[count++] = (start, length, hash);
        slots[slot] = count;
        if (count * 2 > slots.Length)
            Rehash();
    }

    private void Rehash()
    {
        slots = new int[slots.Length * 2];
        int mask = slots.Length - 1;
        for (int number = 1; number <= count; number++)
        {
            int slot = (int)texts[number - 1].Hash & mask;
            while (slots[slot] != 0)
                slot = (slot + 1) & mask;
            slots[slot] = number;
        }
    }
}
