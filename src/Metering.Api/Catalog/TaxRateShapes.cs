using System.Text.Json;
using System.Text.Json.Serialization;
using Metering.Core.Invoicing;
using Metering.Core.Money;

namespace Metering.Api.Catalog;

/// <summary>The JSON of a tax rate, for the OpenAPI document; it is read and written by <see cref="BillingJson"/>.</summary>
/// <param name="Id">The tax rate; not in a body. Invoices show their taxes in the order of the ids.</param>
/// <param name="Name">As invoices name it.</param>
/// <param name="Country">ISO 3166-1, two letters, upper case.</param>
/// <param name="Region">The second part of an ISO 3166-2 code; the whole country where it is absent.</param>
/// <param name="Percent">20 is 20 %.</param>
/// <param name="ValidFrom">The first day; ever before where it is absent.</param>
/// <param name="ValidUntil">The day from which it does not apply any more; open where it is absent.</param>
/// <param name="Inclusive">Whether prices contain it; false where it is absent.</param>
/// <param name="Compound">Whether it is charged on the taxes before it too; false where it is absent.</param>
public sealed record TaxRateShape(
    string? Id, string Name, string Country, string? Region, Amount Percent, DateOnly? ValidFrom, DateOnly? ValidUntil, bool? Inclusive,
    bool? Compound);

/// <summary>A tax rate with its id; the other members are those of <see cref="TaxRateShape"/>.</summary>
[JsonConverter(typeof(TaxRateAnswerConverter))]
public sealed record TaxRateAnswer(TaxRate Rate);

internal sealed class TaxRateAnswerConverter : JsonConverter<TaxRateAnswer>
{
    public override TaxRateAnswer Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        throw new NotSupportedException("Tax rates are read by BillingJson, which names every fault.");

    public override void Write(Utf8JsonWriter writer, TaxRateAnswer value, JsonSerializerOptions options)
    {
        writer.WriteStartObject();
        writer.WriteString("id"u8, value.Rate.Id.Value);
        BillingJson.WriteMembers(writer, value.Rate);
        writer.WriteEndObject();
    }
}
