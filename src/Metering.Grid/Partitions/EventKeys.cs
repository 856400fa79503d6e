using Metering.Core.Binary;
using Metering.Core.Usage;
using Metering.Grid.Ingest;

namespace Metering.Grid.Partitions;

/// <summary>
/// The combinations of the event that is being decided, one for each meter that counts it. Meters of one type mostly have the same
/// dimensions, and a decision asks several times: each combination is encoded once an event.
/// </summary>
internal sealed class EventKeys
{
    private readonly ByteWriter writer = new();
    private readonly byte[][] keys = new byte[EventShape.MetersMax][];

    /// <summary>The combinations that were seen lately.</summary>
    public SharedKeys Known { get; } = new();

    /// <summary>Encodes the combinations of an event.</summary>
    public void Encode(EventShape shape, ulong counted, ReadOnlySpan<PropertyValue> values, ReadOnlySpan<byte> text)
    {
        ulong encoded = 0;
        foreach (ShapeMeter meter in shape.Meters)
        {
            if ((counted & (1UL << meter.Index)) == 0)
                continue;
            if ((encoded & (1UL << meter.SameDimensionsAs)) != 0)
            {
                keys[meter.Index] = keys[meter.SameDimensionsAs];
                continue;
            }

            ReadOnlySpan<byte> key = meter.Counting.KeyOf(values, text, writer);
            keys[meter.SameDimensionsAs] = keys[meter.Index] = key.IsEmpty ? [] : Known.Share(key);
            encoded |= 1UL << meter.SameDimensionsAs;
        }
    }

    /// <summary>What the event adds to a meter; the combinations must be those of the same event.</summary>
    public CountedValue Count(ShapeMeter meter, ReadOnlySpan<PropertyValue> values, ReadOnlySpan<byte> text, bool folded) =>
        meter.Counting.Count(values, text, folded, keys[meter.Index]);
}
