using System.Buffers;
using System.Text;
using System.Text.Json;
using Metering.Core.Catalog;
using Metering.Core.Invoicing;

namespace Metering.Storage.Postgres.Directories;

/// <summary>A billing profile as the column <c>customer.billing</c> has it: members that say nothing are left out.</summary>
internal static class BillingJson
{
    public static string Write(BillingProfile profile)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            WriteText(json, "legal_name", profile.LegalName);
            if (profile.AddressLines.Count > 0)
            {
                json.WriteStartArray("address_lines");
                foreach (var line in profile.AddressLines)
                    json.WriteStringValue(line);
                json.WriteEndArray();
            }

            WriteText(json, "postal_code", profile.PostalCode);
            WriteText(json, "city", profile.City);
            WriteText(json, "region", profile.Region);
            WriteText(json, "country", profile.Country);
            WriteText(json, "tax_id", profile.TaxId);
            WriteText(json, "email", profile.Email);
            if (profile.Treatment != TaxTreatment.Standard)
                json.WriteNumber("treatment", (int)profile.Treatment);
            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }

    public static BillingProfile Read(string? text)
    {
        if (text is null)
            return BillingProfile.Empty;
        using var json = JsonDocument.Parse(text);
        var root = json.RootElement;
        string Text(string name) => root.TryGetProperty(name, out var value) ? value.GetString() ?? "" : "";
        return new BillingProfile
        {
            LegalName = Text("legal_name"),
            AddressLines = root.TryGetProperty("address_lines", out var lines)
                ? lines.EnumerateArray().Select(line => line.GetString() ?? "").ToValueList()
                : [],
            PostalCode = Text("postal_code"),
            City = Text("city"),
            Region = Text("region"),
            Country = Text("country"),
            TaxId = Text("tax_id"),
            Email = Text("email"),
            Treatment = root.TryGetProperty("treatment", out var treatment)
                ? (TaxTreatment)treatment.GetInt32()
                : TaxTreatment.Standard,
        };
    }

    private static void WriteText(Utf8JsonWriter json, string name, string text)
    {
        if (text.Length > 0)
            json.WriteString(name, text);
    }
}
