using System.Text;
using Metering.Api.Events;
using Metering.Api.Problems;
using Metering.Core.Catalog;
using Metering.Core.Ids;
using Metering.Grid.Directory;
using Metering.Grid.Ingest;
using Metering.TestSupport;

namespace Metering.Api.Tests.Events;

/// <summary>Reads bodies with the catalogues that ship, and says what is in a batch.</summary>
internal static class EventTexts
{
    public static readonly CatalogRecord Record = Load();
    public static readonly CatalogSnapshot Shipped = new(Record);

    /// <summary>One good event; members can be replaced, or left out by null.</summary>
    public static string Event(params (string Name, string? Json)[] changes)
    {
        var members = new List<(string Name, string? Json)>
        {
            ("id", "\"e1\""), ("source", "\"/app\""), ("specversion", "\"1.0\""), ("type", "\"TOKEN_USAGE\""), ("subject", "\"c1\""),
            ("data", """{"provider":"OPENAI","model":"gpt-4-turbo","input_tokens":1000,"output_tokens":500}"""),
        };
        foreach ((string name, string? json) in changes)
        {
            int at = members.FindIndex(member => member.Name == name);
            if (at < 0)
                members.Add((name, json));
            else
                members[at] = (name, json);
        }

        return "{"
            + string.Join(",", members.Where(member => member.Json is not null).Select(member => $"\"{member.Name}\":{member.Json}")) + "}";
    }

    public static EventFaults? Read(string body, out EventBatch batch, int eventsMax = 10_000) =>
        Read(Encoding.UTF8.GetBytes(body), out batch, eventsMax).Faults;

    public static ReadOutcome Read(byte[] body, out EventBatch batch, int eventsMax = 10_000)
    {
        batch = Fill(body, out TextSlice slice);
        return EventReader.ReadCloudEvents(batch, slice, Shipped, eventsMax);
    }

    public static EventBatch Fill(byte[] body, out TextSlice slice)
    {
        EventBatch batch = EventBatch.Rent(body.Length, 1);
        slice = batch.Append(body);
        return batch;
    }

    /// <summary>The one fault of a body, as <c>index field: message</c>.</summary>
    public static string OnlyFault(EventFaults? faults)
    {
        Assert.NotNull(faults);
        FieldError error = Assert.Single(faults.Listed);
        return $"{error.Index?.ToString() ?? "-"} {error.Field}: {error.Message}";
    }

    public static string Text(EventBatch batch, TextSlice slice) => Encoding.UTF8.GetString(batch.Slice(slice));

    /// <summary>The values of an event by name, with everything that is in them.</summary>
    public static Dictionary<string, string> Values(EventBatch batch, int index)
    {
        ParsedEvent item = batch[index];
        var values = new Dictionary<string, string>();
        for (int i = 0; i < (item.Shape?.Properties.Length ?? 0); i++)
        {
            PropertyValue value = batch.Values(in item)[i];
            values[item.Shape!.Properties[i].Name] = value.Kind == PropertyKind.Absent
                ? "absent"
                : $"{value.Kind} {Text(batch, value.Text)} {value.Number}{(value.OutOfRange ? " out of range" : "")}";
        }

        return values;
    }

    /// <summary>Everything an event says, in a form that compares.</summary>
    public static string Describe(EventBatch batch, int index)
    {
        ParsedEvent item = batch[index];
        string values = string.Join(
            ", ", Values(batch, index).OrderBy(value => value.Key, StringComparer.Ordinal).Select(value => $"{value.Key}={value.Value}"));
        return $"{Text(batch, item.Source)}|{Text(batch, item.Id)}|{Text(batch, item.Type)}|{Text(batch, item.Subject)}|"
            + $"{item.HasTime} {item.Time}|{values}";
    }

    private static CatalogRecord Load()
    {
        var meters = new List<Meter>();
        var plans = new List<Plan>();
        foreach (string file in Directory.GetFiles(Path.Combine(Repository.Root, "silo-config", "catalog"), "*.json"))
        {
            Assert.True(CatalogJson.TryReadCatalogue(File.ReadAllBytes(file),
                new Dictionary<MeterId, Meter>(), out Catalogue? catalogue, out _));
            meters.AddRange(catalogue!.Meters);
            plans.AddRange(catalogue.Plans);
        }

        return new CatalogRecord(meters, plans);
    }
}
