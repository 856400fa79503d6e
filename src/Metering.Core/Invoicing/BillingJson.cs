using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text.Json;
using Metering.Core.Catalog;
using Metering.Core.Ids;
using Metering.Core.Money;

namespace Metering.Core.Invoicing;

/// <summary>
/// Billing profiles, tax rates, coupons and exchange rates as JSON. Reading names every fault at once, by the rules of
/// <see cref="CatalogJson"/>; what <c>ToBody</c> writes reads back as equal.
/// </summary>
public static class BillingJson
{
    public const string InvalidProfile = "invalid_billing_profile";
    public const string InvalidTaxRate = "invalid_tax_rate";
    public const string InvalidCoupon = "invalid_coupon";
    public const string InvalidExchangeRate = "invalid_exchange_rate";

    private enum Duration
    {
        Once,
        Months,
        Forever,
    }

    private static readonly (string, TaxTreatment)[] Treatments =
    [
        ("standard", TaxTreatment.Standard), ("exempt", TaxTreatment.Exempt), ("reverse_charge", TaxTreatment.ReverseCharge),
    ];

    private static readonly (string, Duration)[] Durations =
    [
        ("once", Duration.Once), ("months", Duration.Months), ("forever", Duration.Forever),
    ];

    /// <summary>
    /// <c>{"legal_name","address_lines":[],"postal_code","city","region","country","tax_id","email","tax_treatment"}</c>, none required.
    /// </summary>
    public static bool TryReadProfile(
        ReadOnlyMemory<byte> utf8, [NotNullWhen(true)] out BillingProfile? profile, out IReadOnlyList<CatalogFault> faults) =>
        TryRead(utf8, InvalidProfile, ReadProfile, out profile, out faults);

    /// <summary><c>{"name","country","percent","region"?,"valid_from"?,"valid_until"?,"inclusive"?,"compound"?}</c>, dates as
    /// <c>2025-01-31</c>.</summary>
    public static bool TryReadTaxRate(
        TaxRateId id, ReadOnlyMemory<byte> utf8, [NotNullWhen(true)] out TaxRate? rate, out IReadOnlyList<CatalogFault> faults) =>
        TryRead(utf8, InvalidTaxRate, reader => ReadTaxRate(reader, id), out rate, out faults);

    /// <summary><c>{"name","percent" | "amount" and "currency","duration":"once | months | forever","months"?}</c>.</summary>
    public static bool TryReadCoupon(
        CouponId id, ReadOnlyMemory<byte> utf8, [NotNullWhen(true)] out Coupon? coupon, out IReadOnlyList<CatalogFault> faults) =>
        TryRead(utf8, InvalidCoupon, reader => ReadCoupon(reader, id), out coupon, out faults);

    /// <summary><c>{"from","to","rate","valid_from"}</c>.</summary>
    public static bool TryReadExchangeRate(
        ReadOnlyMemory<byte> utf8, [NotNullWhen(true)] out ExchangeRate? rate, out IReadOnlyList<CatalogFault> faults) =>
        TryRead(utf8, InvalidExchangeRate, ReadExchangeRate, out rate, out faults);

    public static byte[] ToBody(BillingProfile profile) => CatalogJson.Write(writer => WriteMembers(writer, profile));

    public static byte[] ToBody(TaxRate rate) => CatalogJson.Write(writer => WriteMembers(writer, rate));

    public static byte[] ToBody(Coupon coupon) => CatalogJson.Write(writer => WriteMembers(writer, coupon));

    public static byte[] ToBody(ExchangeRate rate) => CatalogJson.Write(writer => WriteMembers(writer, rate));

    /// <summary>Writes the members into an object that the caller has opened.</summary>
    public static void WriteMembers(Utf8JsonWriter writer, BillingProfile profile)
    {
        WriteUnlessEmpty(writer, "legal_name", profile.LegalName);
        MeterJson.WriteStrings(writer, "address_lines", profile.AddressLines);
        WriteUnlessEmpty(writer, "postal_code", profile.PostalCode);
        WriteUnlessEmpty(writer, "city", profile.City);
        WriteUnlessEmpty(writer, "region", profile.Region);
        WriteUnlessEmpty(writer, "country", profile.Country);
        WriteUnlessEmpty(writer, "tax_id", profile.TaxId);
        WriteUnlessEmpty(writer, "email", profile.Email);
        writer.WriteString("tax_treatment", MeterJson.WordOf(Treatments, profile.Treatment));
    }

    /// <inheritdoc cref="WriteMembers(Utf8JsonWriter, BillingProfile)"/>
    public static void WriteMembers(Utf8JsonWriter writer, TaxRate rate)
    {
        writer.WriteString("name", rate.Name);
        writer.WriteString("country", rate.Country);
        WriteUnlessEmpty(writer, "region", rate.Region);
        AmountJson.Write(writer, "percent", rate.Percent);
        WriteUnlessNull(writer, "valid_from", rate.ValidFrom);
        WriteUnlessNull(writer, "valid_until", rate.ValidUntil);
        writer.WriteBoolean("inclusive", rate.Inclusive);
        writer.WriteBoolean("compound", rate.Compound);
    }

    /// <inheritdoc cref="WriteMembers(Utf8JsonWriter, BillingProfile)"/>
    public static void WriteMembers(Utf8JsonWriter writer, Coupon coupon)
    {
        writer.WriteString("name", coupon.Name);
        if (coupon.Percent is { } percent)
            AmountJson.Write(writer, "percent", percent);
        if (coupon.AmountOff is { } amount)
            AmountJson.Write(writer, "amount", amount);
        if (coupon.Currency is { } currency)
            writer.WriteString("currency", currency.Code);
        writer.WriteString("duration", coupon.Invoices switch { null => "forever", 1 => "once", _ => "months" });
        if (coupon.Invoices > 1)
            writer.WriteNumber("months", coupon.Invoices.Value);
    }

    /// <inheritdoc cref="WriteMembers(Utf8JsonWriter, BillingProfile)"/>
    public static void WriteMembers(Utf8JsonWriter writer, ExchangeRate rate)
    {
        writer.WriteString("from", rate.From.Code);
        writer.WriteString("to", rate.To.Code);
        AmountJson.Write(writer, "rate", rate.Rate);
        WriteUnlessNull(writer, "valid_from", rate.ValidFrom);
    }

    private static BillingProfile ReadProfile(ObjectReader reader) => new()
    {
        LegalName = reader.Text("legal_name") ?? "",
        AddressLines = ReadLines(reader),
        PostalCode = reader.Text("postal_code") ?? "",
        City = reader.Text("city") ?? "",
        Region = ReadRegion(reader),
        Country = ReadCountry(reader, required: false),
        TaxId = reader.Text("tax_id") ?? "",
        Email = ReadEmail(reader),
        Treatment = reader.Word("tax_treatment", Treatments) ?? TaxTreatment.Standard,
    };

    private static TaxRate ReadTaxRate(ObjectReader reader, TaxRateId id)
    {
        var rate = new TaxRate
        {
            Id = id,
            Name = reader.Text("name", required: true) ?? "",
            Country = ReadCountry(reader, required: true),
            Region = ReadRegion(reader),
            Percent = ChargeRules.ReadPercent(reader),
            ValidFrom = ReadDate(reader, "valid_from", required: false),
            ValidUntil = ReadDate(reader, "valid_until", required: false),
            Inclusive = reader.Flag("inclusive") ?? false,
            Compound = reader.Flag("compound") ?? false,
        };
        if (rate.ValidUntil <= rate.ValidFrom)
            reader.Fault("valid_until", "Must be after valid_from.");
        return rate;
    }

    private static Coupon ReadCoupon(ObjectReader reader, CouponId id)
    {
        var percent = reader.Has("percent") ? ChargeRules.ReadPercent(reader) : (Amount?)null;
        var amount = reader.Amount("amount");
        if ((percent is null) == (amount is null))
            reader.Fault("percent", "Either a percent or an amount must be there.");
        if (percent is { IsZero: true } || amount is { IsZero: true })
            reader.Fault(percent is null ? "amount" : "percent", "Must be above zero.");
        var currency = amount is null ? null : ReadCurrency(reader, "currency");
        if (currency is not null && Rounding.ToMinorUnit(amount!.Value, currency) != amount)
            reader.Fault("amount", "Has parts of the currency's minor unit.");
        var duration = reader.Word("duration", Durations, required: true);
        return new Coupon
        {
            Id = id,
            Name = reader.Text("name", required: true) ?? "",
            Percent = percent,
            AmountOff = amount,
            Currency = currency,
            Invoices = duration == Duration.Forever ? null : duration == Duration.Months ? ReadMonths(reader) : 1,
        };
    }

    private static ExchangeRate? ReadExchangeRate(ObjectReader reader)
    {
        var from = ReadCurrency(reader, "from");
        var to = ReadCurrency(reader, "to");
        var rate = reader.Amount("rate", required: true);
        var day = ReadDate(reader, "valid_from", required: true);
        if (rate is { IsZero: true })
            reader.Fault("rate", "Must be above zero.");
        if (from is not null && from == to)
            reader.Fault("to", "Must be another currency.");
        return from is null || to is null || rate is null || day is null ? null : new ExchangeRate(from, to, rate.Value, day.Value);
    }

    private static int ReadMonths(ObjectReader reader)
    {
        var months = 0;
        if (reader.Element("months") is not { ValueKind: JsonValueKind.Number } number || !number.TryGetInt32(out months)
            || months is < 1 or > 1200)
            reader.Fault("months", "Must be a whole number from 1 to 1200.");
        return months;
    }

    private static ValueList<string> ReadLines(ObjectReader reader)
    {
        var lines = new List<string>();
        foreach (var (item, path) in reader.Items("address_lines"))
        {
            if (item.ValueKind == JsonValueKind.String && item.GetString() is { Length: > 0 and <= 256 } line && !line.Any(char.IsControl))
                lines.Add(line);
            else
                reader.Faults.Add(path, "Must have 1 to 256 characters and no control characters.");
        }

        if (lines.Count > 6)
            reader.Fault("address_lines", "Must be at most 6 lines.");
        return lines.ToValueList();
    }

    private static string ReadCountry(ObjectReader reader, bool required)
    {
        var country = reader.Text("country", required) ?? "";
        if (country.Length > 0 && (country.Length != 2 || !country.All(char.IsAsciiLetterUpper)))
            reader.Fault("country", "Must be a code of ISO 3166-1: two letters in upper case.");
        return country;
    }

    private static string ReadRegion(ObjectReader reader)
    {
        var region = reader.Text("region") ?? "";
        if (region.Length > 3 || !region.All(symbol => char.IsAsciiLetterUpper(symbol) || char.IsAsciiDigit(symbol)))
            reader.Fault("region", "Must be the second part of a code of ISO 3166-2: 1 to 3 letters in upper case or digits.");
        return region;
    }

    private static string ReadEmail(ObjectReader reader)
    {
        var email = reader.Text("email") ?? "";
        var at = email.IndexOf('@', StringComparison.Ordinal);
        if (email.Length > 0 && (at < 1 || at != email.LastIndexOf('@') || at == email.Length - 1 || email.Any(char.IsWhiteSpace)))
            reader.Fault("email", "Must be one address.");
        return email;
    }

    private static Currency? ReadCurrency(ObjectReader reader, string name)
    {
        if (reader.Text(name, required: true) is not { } code)
            return null;
        if (!Currency.TryFind(code, out var currency))
            reader.Fault(name, "Must be a code of ISO 4217 in upper case.");
        return currency;
    }

    private static DateOnly? ReadDate(ObjectReader reader, string name, bool required)
    {
        if (reader.Text(name, required) is not { } text)
            return null;
        if (DateOnly.TryParseExact(text, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var date))
            return date;
        reader.Fault(name, "Must be a date such as 2025-01-31.");
        return null;
    }

    private static void WriteUnlessEmpty(Utf8JsonWriter writer, string name, string text)
    {
        if (text.Length > 0)
            writer.WriteString(name, text);
    }

    private static void WriteUnlessNull(Utf8JsonWriter writer, string name, DateOnly? date)
    {
        if (date is { } day)
            writer.WriteString(name, day.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture));
    }

    private static bool TryRead<T>(
        ReadOnlyMemory<byte> utf8, string code, Func<ObjectReader, T?> read, [NotNullWhen(true)] out T? value,
        out IReadOnlyList<CatalogFault> faults)
        where T : class
    {
        var found = new FaultList(code);
        value = null;
        using var document = CatalogJson.TryParse(utf8, found);
        if (document is not null)
        {
            var reader = ObjectReader.Open(document.RootElement, "", found);
            value = read(reader);
            reader.Close();
        }

        faults = found.Faults;
        if (faults.Count > 0)
            value = null;
        return value is not null;
    }
}
