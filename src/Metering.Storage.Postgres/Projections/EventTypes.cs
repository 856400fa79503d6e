using Metering.Core.Usage;
using Metering.Grid.Ingest;
using Metering.Grid.Journal;

namespace Metering.Storage.Postgres.Projections;

/// <summary>
/// What is kept of the event types that groups describe: names in UTF-8 and combinations, so that neither is made again for every event.
/// Each group describes its types anew; they are recognised by content. Bounded: past the bound it begins again.
/// </summary>
internal sealed class EventTypes
{
    private const int TypesMax = 256;
    private const int CombinationsMax = 20_000;

    private readonly List<EventType> types = [];
    private JournalShape? latestShape;
    private EventType? latest;

    public int Combinations { get; private set; }

    /// <summary>Forgets everything where there is too much of it. Numbers of combinations begin again: not while any is in use.</summary>
    public void Trim()
    {
        if (types.Count < TypesMax && Combinations < CombinationsMax)
            return;
        types.Clear();
        (latestShape, latest, Combinations) = (null, null, 0);
    }

    public EventType Of(JournalShape shape)
    {
        if (ReferenceEquals(shape, latestShape))
            return latest!;
        (latestShape, latest) = (shape, Find(shape));
        return latest;
    }

    private EventType Find(JournalShape shape)
    {
        foreach (var known in types)
        {
            if (known.Is(shape))
                return known;
        }

        var type = new EventType(shape);
        types.Add(type);
        return type;
    }

    /// <summary>The combination of an event of a type for one of its meters.</summary>
    public Combination Of(EventType type, int meter, in CountedValue counted)
    {
        if (type.Combinations[meter].GetAlternateLookup<ReadOnlySpan<byte>>().TryGetValue(counted.Dimensions, out var known))
            return known;
        known = new Combination(counted.Meter, Combination.Json(counted.DimensionNames, counted.Dimensions), Combinations++);
        type.Combinations[meter].Add(counted.Dimensions.ToArray(), known);
        return known;
    }
}

/// <summary>An event type as some groups describe it.</summary>
internal sealed class EventType
{
    private readonly JournalShape shape;

    public EventType(JournalShape shape)
    {
        this.shape = shape;
        Type = System.Text.Encoding.UTF8.GetBytes(shape.Type);
        Names = Array.ConvertAll(shape.Properties, EventData.Name);
        Combinations = Array.ConvertAll(shape.Meters, _ => new Dictionary<byte[], Combination>(BytesComparer.Instance));
    }

    /// <summary>The event type in UTF-8.</summary>
    public byte[] Type { get; }

    /// <summary>The properties' names as they begin a member of a JSON object: quoted, with the colon.</summary>
    public byte[][] Names { get; }

    /// <summary>The combinations seen, by meter and key.</summary>
    public Dictionary<byte[], Combination>[] Combinations { get; }

    public bool Is(JournalShape other) =>
        other.Type == shape.Type && other.Properties.AsSpan().SequenceEqual(shape.Properties) && other.Meters.Length == shape.Meters.Length
        && other.Meters.AsSpan().SequenceEqual(shape.Meters, MeterComparer.Instance);

    private sealed class MeterComparer : IEqualityComparer<CountingMeter>
    {
        public static readonly MeterComparer Instance = new();

        public bool Equals(CountingMeter? left, CountingMeter? right) =>
            left!.Meter == right!.Meter && left.Aggregation == right.Aggregation && left.ValueIndex == right.ValueIndex
            && left.DimensionIndexes.AsSpan().SequenceEqual(right.DimensionIndexes)
            && left.DimensionNames.AsSpan().SequenceEqual(right.DimensionNames);

        public int GetHashCode(CountingMeter meter) => meter.Meter.GetHashCode(StringComparison.Ordinal);
    }
}
