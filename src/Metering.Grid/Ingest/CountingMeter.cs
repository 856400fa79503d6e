using Metering.Core.Binary;
using Metering.Core.Catalog;
using Metering.Core.Money;
using Metering.Core.Usage;
using Metering.Grid.Dedup;

namespace Metering.Grid.Ingest;

/// <summary>
/// How the values of an event become what one meter counts. The journal keeps it with the events,
/// so that a replay counts what was counted live.
/// </summary>
/// <param name="Meter">The meter's id.</param>
/// <param name="Aggregation">How it makes a quantity of values.</param>
/// <param name="DimensionNames">Its dimensions.</param>
/// <param name="ValueIndex">The property it reads, -1 for a count.</param>
/// <param name="DimensionIndexes">The properties of its dimensions.</param>
public sealed record CountingMeter(
    string Meter, Aggregation Aggregation, string[] DimensionNames, int ValueIndex, int[] DimensionIndexes)
{
    /// <summary>Values of unique counts are held as 128-bit hashes under a fixed key: the same in every process, for ever.</summary>
    private static readonly EventIdentity ValueHashing = new(new byte[EventIdentity.KeyBytes]);

    private readonly byte[] other = DimensionKey.Other(DimensionNames.Length);

    /// <summary>Whether an event with these values has the value this meter reads.</summary>
    public bool HasValue(ReadOnlySpan<PropertyValue> values) => ValueIndex < 0 || values[ValueIndex].Kind != PropertyKind.Absent;

    /// <summary>What an event adds.</summary>
    /// <param name="values">The event's values.</param>
    /// <param name="text">What the values' slices point into.</param>
    /// <param name="folded">Whether its combination is past the bound and counts as <c>(other)</c>.</param>
    /// <param name="key">Holds the combination until the next call.</param>
    public CountedValue Count(ReadOnlySpan<PropertyValue> values, ReadOnlySpan<byte> text, bool folded, ByteWriter key) =>
        Count(values, text, folded ? other : KeyOf(values, text, key), folded ? other : null);

    /// <summary>The same, where its combination is known already.</summary>
    /// <param name="values">The event's values.</param>
    /// <param name="text">What the values' slices point into.</param>
    /// <param name="folded">Whether its combination is past the bound and counts as <c>(other)</c>.</param>
    /// <param name="key">The combination, as <see cref="KeyOf"/> encodes it, in an array that nobody changes.</param>
    public CountedValue Count(ReadOnlySpan<PropertyValue> values, ReadOnlySpan<byte> text, bool folded, byte[] key) =>
        folded ? Count(values, text, other, other) : Count(values, text, key, key);

    private CountedValue Count(
        ReadOnlySpan<PropertyValue> values, ReadOnlySpan<byte> text, ReadOnlySpan<byte> dimensions, byte[]? shared) => new()
    {
        Meter = Meter,
        Aggregation = Aggregation,
        DimensionNames = DimensionNames,
        Dimensions = dimensions,
        SharedDimensions = shared,
        Value = Aggregation switch
        {
            Aggregation.Count => Amount.One,
            Aggregation.Unique => Amount.Zero,
            _ => values[ValueIndex].Number,
        },
        ValueHash = Aggregation == Aggregation.Unique ? HashOf(values[ValueIndex], text) : default,
    };

    private static UInt128 HashOf(in PropertyValue value, ReadOnlySpan<byte> text)
    {
        Span<byte> number = stackalloc byte[Amount.MaxLength];
        return ValueHashing.Hash(TextOf(value, text, number));
    }

    /// <summary>
    /// The text of a value where it is a dimension: a string as it is, a number in its shortest decimal form,
    /// so that 1 and 1.0 are the same.
    /// </summary>
    public static ReadOnlySpan<byte> TextOf(in PropertyValue value, ReadOnlySpan<byte> text, Span<byte> number)
    {
        switch (value.Kind)
        {
            case PropertyKind.Number:
                value.Number.TryFormat(number, out int written);
                return number[..written];
            case PropertyKind.Text:
                return text.Slice(value.Text.Start, value.Text.Length);
            case PropertyKind.True:
                return "true"u8;
            case PropertyKind.False:
                return "false"u8;
            default:
                return [];
        }
    }

    /// <summary>The combination of an event, in the writer until its next use; empty for a meter without dimensions.</summary>
    public ReadOnlySpan<byte> KeyOf(ReadOnlySpan<PropertyValue> values, ReadOnlySpan<byte> text, ByteWriter key)
    {
        if (DimensionIndexes.Length == 0)
            return [];
        Span<byte> number = stackalloc byte[Amount.MaxLength];
        key.Clear();
        foreach (int index in DimensionIndexes)
        {
            ref readonly PropertyValue value = ref values[index];
            if (value.Kind == PropertyKind.Absent)
                DimensionKey.AppendMissing(key);
            else
                DimensionKey.Append(key, TextOf(value, text, number));
        }

        return key.Span;
    }
}
