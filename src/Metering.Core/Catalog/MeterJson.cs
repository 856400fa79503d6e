using System.Text.Json;
using Metering.Core.Ids;

namespace Metering.Core.Catalog;

/// <summary>The members of a meter, to and from JSON, with the rules that they keep.</summary>
internal static class MeterJson
{
    private static readonly (string, Aggregation)[] Aggregations =
    [
        ("sum", Aggregation.Sum), ("count", Aggregation.Count), ("max", Aggregation.Max), ("latest", Aggregation.Latest),
        ("unique", Aggregation.Unique), ("avg", Aggregation.Avg),
    ];

    /// <summary>Null, or anything, when it noted a fault.</summary>
    public static Meter? Read(ObjectReader reader, MeterId id)
    {
        if (reader.Text("id") is { } named && named != id.Value)
            reader.Fault("id", "Is not the id that the meter is put under.");
        var eventType = reader.Text("event_type", required: true);
        var aggregation = reader.Word("aggregation", Aggregations, required: true);
        var value = reader.Text("value");
        if (aggregation == Aggregation.Count && value is not null)
            reader.Fault("value", "A count has no value.");
        if (aggregation is not (null or Aggregation.Count) && value is null && !reader.Has("value"))
            reader.Fault("value", "Is required for every aggregation but count.");

        var dimensions = reader.Properties("dimensions");
        var filter = ReadFilter(reader);
        var keep = reader.Properties("keep");
        var unit = reader.Text("unit") ?? "";
        reader.Close();
        return eventType is null || aggregation is null ? null : new Meter
        {
            Id = id,
            EventType = eventType,
            Aggregation = aggregation.Value,
            Value = value,
            Dimensions = dimensions,
            Filter = filter,
            Keep = keep,
            Unit = unit,
        };
    }

    public static void Write(Utf8JsonWriter writer, Meter meter)
    {
        writer.WriteString("event_type", meter.EventType);
        writer.WriteString("aggregation", WordOf(Aggregations, meter.Aggregation));
        if (meter.Value is not null)
            writer.WriteString("value", meter.Value);
        WriteStrings(writer, "dimensions", meter.Dimensions);
        if (meter.Filter.Count > 0)
            WriteFilter(writer, meter.Filter);
        WriteStrings(writer, "keep", meter.Keep);
        if (meter.Unit.Length > 0)
            writer.WriteString("unit", meter.Unit);
    }

    public static string WordOf<T>(IReadOnlyList<(string Word, T Value)> words, T value)
        where T : struct => words.First(pair => EqualityComparer<T>.Default.Equals(pair.Value, value)).Word;

    private static ValueList<MeterFilter> ReadFilter(ObjectReader meter)
    {
        if (meter.Element("filter") is not { } element)
            return [];
        var filters = new List<MeterFilter>();
        var reader = ObjectReader.Open(element, meter.PathOf("filter"), meter.Faults);
        foreach (var property in reader.Names())
        {
            if (!IdRules.IsValid(property))
                reader.Fault(property, "Must be the name of a property.");
            else if (reader.Element(property) is not { } condition)
                reader.Fault(property, "Must be an array of values or an object.");
            else if (condition.ValueKind == JsonValueKind.Array)
                filters.Add(new MeterFilter { Property = property, AnyOf = ReadValues(reader, property) });
            else
                filters.Add(ReadCondition(ObjectReader.Open(condition, reader.PathOf(property), reader.Faults), property));
        }

        return filters.ToValueList();
    }

    private static MeterFilter ReadCondition(ObjectReader reader, string property)
    {
        var isRange = reader.Has("min") || reader.Has("max");
        if (isRange == reader.Has("not"))
            reader.Faults.Add(reader.Path, "Must have either not, or min, max or both.");
        var filter = isRange
            ? new MeterFilter { Property = property, Min = reader.Amount("min"), Max = reader.Amount("max") }
            : new MeterFilter { Property = property, NoneOf = reader.Has("not") ? ReadValues(reader, "not") : [] };
        if (isRange && filter.Min is null && filter.Max is null)
            reader.Faults.Add(reader.Path, "Must have a bound.");
        if (filter.Min > filter.Max)
            reader.Fault("max", "Must not be below min.");
        reader.Close();
        return filter;
    }

    private static ValueList<string> ReadValues(ObjectReader reader, string name)
    {
        var values = new List<string>();
        foreach (var (item, path) in reader.Items(name))
        {
            switch (item.ValueKind)
            {
                case JsonValueKind.String:
                    values.Add(item.GetString()!);
                    break;
                case JsonValueKind.Number or JsonValueKind.True or JsonValueKind.False:
                    values.Add(item.GetRawText());
                    break;
                default:
                    reader.Faults.Add(path, "Must be a string, a number, true or false.");
                    break;
            }
        }

        if (values.Count == 0)
            reader.Fault(name, "Must name at least one value.");
        return values.ToValueList();
    }

    private static void WriteFilter(Utf8JsonWriter writer, ValueList<MeterFilter> filters)
    {
        writer.WriteStartObject("filter");
        foreach (var filter in filters)
        {
            if (filter.AnyOf.Count > 0)
            {
                WriteStrings(writer, filter.Property, filter.AnyOf);
                continue;
            }

            writer.WriteStartObject(filter.Property);
            WriteStrings(writer, "not", filter.NoneOf);
            if (filter.Min is { } min)
                AmountJson.Write(writer, "min", min);
            if (filter.Max is { } max)
                AmountJson.Write(writer, "max", max);
            writer.WriteEndObject();
        }

        writer.WriteEndObject();
    }

    public static void WriteStrings(Utf8JsonWriter writer, string name, ValueList<string> values)
    {
        if (values.Count == 0)
            return;
        writer.WriteStartArray(name);
        foreach (var value in values)
            writer.WriteStringValue(value);
        writer.WriteEndArray();
    }
}
