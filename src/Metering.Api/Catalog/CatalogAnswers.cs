using System.Text.Json;
using System.Text.Json.Serialization;
using Metering.Core.Catalog;

namespace Metering.Api.Catalog;

/// <summary>A meter with its id; the other members are those of <see cref="MeterShape"/>.</summary>
[JsonConverter(typeof(MeterAnswerConverter))]
public sealed record MeterAnswer(Meter Meter);

/// <summary>A version of a plan with its id and version; the other members are those of <see cref="PlanShape"/>.</summary>
[JsonConverter(typeof(PlanAnswerConverter))]
public sealed record PlanAnswer(Plan Plan);

internal sealed class MeterAnswerConverter : JsonConverter<MeterAnswer>
{
    public override MeterAnswer Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        throw new NotSupportedException("Meters are read by CatalogJson, which names every fault.");

    public override void Write(Utf8JsonWriter writer, MeterAnswer value, JsonSerializerOptions options)
    {
        writer.WriteStartObject();
        writer.WriteString("id"u8, value.Meter.Id.Value);
        CatalogJson.WriteMembers(writer, value.Meter);
        writer.WriteEndObject();
    }
}

internal sealed class PlanAnswerConverter : JsonConverter<PlanAnswer>
{
    public override PlanAnswer Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        throw new NotSupportedException("Plans are read by CatalogJson, which names every fault.");

    public override void Write(Utf8JsonWriter writer, PlanAnswer value, JsonSerializerOptions options)
    {
        writer.WriteStartObject();
        writer.WriteString("id"u8, value.Plan.Id.Value);
        writer.WriteNumber("version"u8, value.Plan.Version);
        CatalogJson.WriteMembers(writer, value.Plan);
        writer.WriteEndObject();
    }
}
