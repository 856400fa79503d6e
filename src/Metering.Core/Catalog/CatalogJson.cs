using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using Metering.Core.Ids;

namespace Metering.Core.Catalog;

/// <summary>
/// Meters and plans as JSON: the bodies of <c>PUT /v1/meters/{id}</c> and <c>PUT /v1/plans/{id}</c>, and the catalogue files. Reading
/// names every fault at once. Amounts are read from strings and numbers and written as strings.
/// </summary>
public static class CatalogJson
{
    /// <param name="id">The meter's id; an <c>id</c> in the body must be the same.</param>
    /// <param name="utf8">The body.</param>
    /// <param name="meter">The meter, where the answer is true.</param>
    /// <param name="faults">What is wrong, with code <c>invalid_meter</c>; empty where the answer is true.</param>
    public static bool TryReadMeter(
        MeterId id, ReadOnlyMemory<byte> utf8, [NotNullWhen(true)] out Meter? meter, out IReadOnlyList<CatalogFault> faults)
    {
        var found = new FaultList(CatalogFault.InvalidMeter);
        meter = null;
        using var document = TryParse(utf8, found);
        if (document is not null)
            meter = MeterJson.Read(ObjectReader.Open(document.RootElement, "", found), id);
        faults = found.Faults;
        if (faults.Count > 0)
            meter = null;
        return meter is not null;
    }

    /// <param name="id">The plan's id; an <c>id</c> in the body must be the same.</param>
    /// <param name="version">The version that this becomes.</param>
    /// <param name="utf8">The body.</param>
    /// <param name="meters">Every meter that a plan may name.</param>
    /// <param name="plan">The plan, where the answer is true.</param>
    /// <param name="faults">What is wrong, with code <c>invalid_plan</c>; empty where the answer is true.</param>
    public static bool TryReadPlan(
        PlanId id, int version, ReadOnlyMemory<byte> utf8, IReadOnlyDictionary<MeterId, Meter> meters, [NotNullWhen(true)] out Plan? plan,
        out IReadOnlyList<CatalogFault> faults)
    {
        var found = new FaultList(CatalogFault.InvalidPlan);
        plan = null;
        using var document = TryParse(utf8, found);
        if (document is not null)
            plan = PlanJson.Read(ObjectReader.Open(document.RootElement, "", found), id, version, meters);
        faults = found.Faults;
        if (faults.Count > 0)
            plan = null;
        return plan is not null;
    }

    /// <summary>
    /// Reads a catalogue file: <c>{"meters":[{"id",...}],"plans":[{"id",...}]}</c>. Its plans may name its own meters and the others given.
    /// </summary>
    public static bool TryReadCatalogue(
        ReadOnlyMemory<byte> utf8, IReadOnlyDictionary<MeterId, Meter> otherMeters, [NotNullWhen(true)] out Catalogue? catalogue,
        out IReadOnlyList<CatalogFault> faults)
    {
        var found = new FaultList(CatalogFault.InvalidPlan);
        catalogue = null;
        using var document = TryParse(utf8, found);
        if (document is not null)
            catalogue = CatalogueJson.Read(ObjectReader.Open(document.RootElement, "", found), otherMeters, found);
        faults = found.Faults;
        if (faults.Count > 0)
            catalogue = null;
        return catalogue is not null;
    }

    /// <summary>The body that reads back as an equal meter under the same id.</summary>
    public static byte[] ToBody(Meter meter) => Write(writer => WriteMembers(writer, meter));

    /// <summary>The body that reads back as an equal plan under the same id and version.</summary>
    public static byte[] ToBody(Plan plan) => Write(writer => WriteMembers(writer, plan));

    /// <summary>Writes the members of a meter, without its id, into an object that the caller has opened.</summary>
    public static void WriteMembers(Utf8JsonWriter writer, Meter meter) => MeterJson.Write(writer, meter);

    /// <summary>Writes the members of a plan, without its id and version, into an object that the caller has opened.</summary>
    public static void WriteMembers(Utf8JsonWriter writer, Plan plan) => PlanJson.Write(writer, plan);

    internal static byte[] Write(Action<Utf8JsonWriter> members)
    {
        using var stream = new MemoryStream();
        using (var writer = new Utf8JsonWriter(stream))
        {
            writer.WriteStartObject();
            members(writer);
            writer.WriteEndObject();
        }

        return stream.ToArray();
    }

    internal static JsonDocument? TryParse(ReadOnlyMemory<byte> utf8, FaultList faults)
    {
        if (!StrictJson.TryParse(utf8, out var document, out var fault))
            faults.Add("", fault);
        return document;
    }
}
