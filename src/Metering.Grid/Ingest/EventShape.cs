using Metering.Core.Catalog;

namespace Metering.Grid.Ingest;

/// <summary>One property that some meter of an event type reads or keeps.</summary>
/// <param name="Name">The member of <c>data</c>.</param>
/// <param name="Utf8">The name in UTF-8.</param>
/// <param name="IsValue">True where a meter sums, compares or keeps it as a number: a string must then be a decimal, and anything else than
/// a number or such a string is a malformed event.</param>
public sealed record ShapeProperty(string Name, byte[] Utf8, bool IsValue);

/// <summary>One meter of an event type, its property names replaced by indexes into the shape's properties.</summary>
/// <param name="Meter">The meter.</param>
/// <param name="Index">Its place in the shape.</param>
/// <param name="Counting">How an event's values become what the meter counts.</param>
/// <param name="Filters">Conditions that must all hold for an event to count.</param>
/// <param name="SameDimensionsAs">The first meter of the shape with the same dimensions; mostly its own place.</param>
public sealed record ShapeMeter(Meter Meter, int Index, CountingMeter Counting, ShapeFilter[] Filters, int SameDimensionsAs);

/// <summary>A condition of a meter on one property.</summary>
/// <param name="PropertyIndex">The property.</param>
/// <param name="Condition">Judges its text.</param>
public sealed record ShapeFilter(int PropertyIndex, CompiledFilter Condition);

/// <summary>
/// Everything the path of an event needs to know of its type, compiled once from the catalogue: which properties to read, and which meters
/// count it. Immutable; a changed catalogue makes new ones.
/// </summary>
public sealed class EventShape
{
    /// <summary>How many meters may read one event type: the journal says with one bit each which counted an event.</summary>
    public const int MetersMax = 64;

    /// <summary>Compiles the meters of one event type, in the order of their ids.</summary>
    /// <exception cref="ArgumentException">More than <see cref="MetersMax"/> meters.</exception>
    public EventShape(string type, IReadOnlyList<Meter> meters)
    {
        if (meters.Count > MetersMax)
            throw new ArgumentException($"More than {MetersMax} meters read events of type {type}.", nameof(meters));
        Type = type;
        TypeUtf8 = System.Text.Encoding.UTF8.GetBytes(type);
        var names = new List<(string Name, bool IsValue)>();
        Meters = [.. meters
            .OrderBy(meter => meter.Id.ToString(), StringComparer.Ordinal)
            .Select((meter, index) => Compile(meter, index, names))];
        for (int i = 0; i < Meters.Length; i++)
        {
            int[] dimensions = Meters[i].Counting.DimensionIndexes;
            int first = Array.FindIndex(Meters, other => other.Counting.DimensionIndexes.AsSpan().SequenceEqual(dimensions));
            Meters[i] = Meters[i] with { SameDimensionsAs = first };
        }

        Properties = [.. names.Select(name => new ShapeProperty(name.Name, System.Text.Encoding.UTF8.GetBytes(name.Name), name.IsValue))];
    }

    /// <summary>The event type.</summary>
    public string Type { get; }

    /// <summary>The event type in UTF-8.</summary>
    public byte[] TypeUtf8 { get; }

    /// <summary>The properties that are read, each once.</summary>
    public ShapeProperty[] Properties { get; }

    /// <summary>The meters that may count it.</summary>
    public ShapeMeter[] Meters { get; }

    private static ShapeMeter Compile(Meter meter, int index, List<(string Name, bool IsValue)> names)
    {
        bool numeric = meter.Aggregation is Aggregation.Sum or Aggregation.Max or Aggregation.Latest or Aggregation.Avg;
        int value = meter.Value is null ? -1 : IndexOf(names, meter.Value, numeric);
        int[] dimensions = [.. meter.Dimensions.Select(name => IndexOf(names, name, false))];
        ShapeFilter[] filters = [.. meter.Filter.Select(filter => Compile(filter, names))];
        foreach (string kept in meter.Keep)
            IndexOf(names, kept, false);
        var counting = new CountingMeter(string.Intern(meter.Id.Value), meter.Aggregation, [.. meter.Dimensions], value, dimensions);
        return new ShapeMeter(meter, index, counting, filters, index);
    }

    private static ShapeFilter Compile(MeterFilter filter, List<(string Name, bool IsValue)> names) =>
        new(IndexOf(names, filter.Property, false), new CompiledFilter(filter));

    private static int IndexOf(List<(string Name, bool IsValue)> names, string name, bool isValue)
    {
        int at = names.FindIndex(known => known.Name == name);
        if (at < 0)
        {
            names.Add((name, isValue));
            return names.Count - 1;
        }

        if (isValue)
            names[at] = (name, true);
        return at;
    }
}
