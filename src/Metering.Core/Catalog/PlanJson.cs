using System.Text.Json;
using Metering.Core.Ids;
using Metering.Core.Money;
using Metering.Core.Time;

namespace Metering.Core.Catalog;

/// <summary>The members of a plan, to and from JSON, with the rules that they keep.</summary>
internal static class PlanJson
{
    private static readonly (string, BillingInterval)[] Intervals = [("month", BillingInterval.Month), ("year", BillingInterval.Year)];

    private static readonly (string, WalletMode)[] WalletModes =
    [
        ("prepaid", WalletMode.Prepaid), ("prepaid_overage", WalletMode.PrepaidOverage), ("postpaid", WalletMode.Postpaid),
    ];

    private static readonly (string, RateInterval)[] RateIntervals =
    [
        ("second", RateInterval.Second), ("minute", RateInterval.Minute), ("hour", RateInterval.Hour), ("day", RateInterval.Day),
    ];

    private static readonly (string, PeriodKind)[] Periods =
    [
        ("hour", PeriodKind.Hour), ("day", PeriodKind.Day), ("month", PeriodKind.Month), ("billing", PeriodKind.Billing),
    ];

    /// <summary>Null, or anything, when it noted a fault.</summary>
    public static Plan? Read(ObjectReader reader, PlanId id, int version, IReadOnlyDictionary<MeterId, Meter> meters)
    {
        if (reader.Text("id") is { } named && named != id.Value)
            reader.Fault("id", "Is not the id that the plan is put under.");
        var name = reader.Text("name", required: true);
        var currency = ReadCurrency(reader);
        var walletMode = reader.Word("wallet_mode", WalletModes, required: true);
        var plan = name is null || currency is null || walletMode is null ? null : new Plan
        {
            Id = id,
            Version = version,
            Name = name,
            Currency = currency,
            WalletMode = walletMode.Value,
        };

        // The rest is read whatever was wrong so far, so that all faults are named at once.
        var interval = reader.Word("interval", Intervals) ?? BillingInterval.Month;
        var baseFee = reader.Amount("base_fee") ?? Amount.Zero;
        var minimum = reader.Amount("minimum_commitment") ?? Amount.Zero;
        var creditValue = reader.Amount("credit_value");
        var thresholds = ReadThresholds(reader);
        var rateLimit = ReadRateLimit(reader);
        var limits = reader.Objects("limits").Select(item => ReadLimit(item, meters)).OfType<PlanLimit>().ToValueList();
        var charges = reader.Objects("charges").Select(item => ChargeJson.Read(item, meters)).OfType<Charge>().ToValueList();
        var prices = PriceListJson.Read(reader, currency, charges, meters);
        CheckCredits(reader, creditValue, charges);
        CheckLimits(reader, limits);
        reader.Close();
        return plan is null ? null : plan with
        {
            Interval = interval,
            BaseFee = baseFee,
            MinimumCommitment = minimum,
            CreditValue = creditValue,
            AlertThresholds = thresholds,
            RateLimit = rateLimit,
            Limits = limits,
            Charges = charges,
            Prices = prices,
        };
    }

    public static void Write(Utf8JsonWriter writer, Plan plan)
    {
        writer.WriteString("name", plan.Name);
        writer.WriteString("currency", plan.Currency.Code);
        writer.WriteString("interval", MeterJson.WordOf(Intervals, plan.Interval));
        AmountJson.Write(writer, "base_fee", plan.BaseFee);
        AmountJson.WriteUnlessZero(writer, "minimum_commitment", plan.MinimumCommitment);
        writer.WriteString("wallet_mode", MeterJson.WordOf(WalletModes, plan.WalletMode));
        if (plan.CreditValue is { } creditValue)
            AmountJson.Write(writer, "credit_value", creditValue);
        writer.WriteStartArray("alert_thresholds");
        foreach (var threshold in plan.AlertThresholds)
            writer.WriteNumberValue(threshold);
        writer.WriteEndArray();
        if (plan.RateLimit is { } rateLimit)
        {
            writer.WriteStartObject("rate_limit");
            writer.WriteNumber("requests", rateLimit.Requests);
            writer.WriteString("per", MeterJson.WordOf(RateIntervals, rateLimit.Per));
            writer.WriteEndObject();
        }

        writer.WriteStartArray("limits");
        foreach (var limit in plan.Limits)
            WriteLimit(writer, limit);
        writer.WriteEndArray();
        writer.WriteStartArray("charges");
        foreach (var charge in plan.Charges)
            ChargeJson.Write(writer, charge);
        writer.WriteEndArray();
        PriceListJson.Write(writer, plan.Prices);
    }

    /// <summary>The meter that a limit or a charge names; null, with a fault noted, when there is none such.</summary>
    public static Meter? ReadMeter(ObjectReader reader, IReadOnlyDictionary<MeterId, Meter> meters)
    {
        if (reader.Text("meter", required: true) is not { } text)
            return null;
        if (MeterId.TryCreate(text, out var id) && meters.TryGetValue(id, out var meter))
            return meter;
        reader.Fault("meter", $"There is no meter '{text}'.");
        return null;
    }

    private static Currency? ReadCurrency(ObjectReader reader)
    {
        if (reader.Text("currency", required: true) is not { } code)
            return null;
        if (!Currency.TryFind(code, out var currency))
            reader.Fault("currency", "Must be a code of ISO 4217 in upper case.");
        return currency;
    }

    private static ValueList<int> ReadThresholds(ObjectReader reader)
    {
        if (!reader.Has("alert_thresholds"))
            return Plan.DefaultAlertThresholds;
        var thresholds = new List<int>();
        foreach (var (item, path) in reader.Items("alert_thresholds"))
        {
            if (!AmountJson.TryRead(item, out var amount, out var status) || status != ParseStatus.Ok
                || amount < Amount.One || amount > Amount.FromWhole(100) || amount.Nanos % Amount.NanosPerUnit != Int128.Zero)
                reader.Faults.Add(path, "Must be a whole percentage from 1 to 100.");
            else if (thresholds.Count > 0 && amount <= Amount.FromWhole(thresholds[^1]))
                reader.Faults.Add(path, "Thresholds must rise.");
            else
                thresholds.Add((int)(amount.Nanos / Amount.NanosPerUnit));
        }

        return thresholds.ToValueList();
    }

    private static RateLimit? ReadRateLimit(ObjectReader plan)
    {
        if (plan.Element("rate_limit") is not { } element)
            return null;
        var reader = ObjectReader.Open(element, plan.PathOf("rate_limit"), plan.Faults);
        var requests = 0;
        var number = reader.Element("requests");
        if (number is not { ValueKind: JsonValueKind.Number } || !number.Value.TryGetInt32(out requests) || requests < 1)
            reader.Fault("requests", "Must be a whole number from 1 to 2147483647.");
        var per = reader.Word("per", RateIntervals, required: true);
        reader.Close();
        return requests > 0 && per is not null ? new RateLimit(requests, per.Value) : null;
    }

    private static PlanLimit? ReadLimit(ObjectReader reader, IReadOnlyDictionary<MeterId, Meter> meters)
    {
        var meter = ReadMeter(reader, meters);
        if (meter?.Aggregation == Aggregation.Avg)
            reader.Fault("meter", "An average cannot be limited.");
        if (!reader.Has("max"))
            reader.Fault("max", "Is required; null is unlimited.");
        var max = ReadMax(reader);
        var period = reader.Word("period", Periods, required: true);
        var hard = reader.Flag("hard") ?? true;
        reader.Close();
        return meter is null || period is null ? null : new PlanLimit(meter.Id, max, period.Value, hard);
    }

    private static Amount? ReadMax(ObjectReader reader)
    {
        if (reader.Element("max") is not { } element)
            return null;
        var isUnlimited = AmountJson.TryRead(element, out var amount, out var status) && status == ParseStatus.Ok && amount == -Amount.One;
        return isUnlimited ? null : AmountJson.Read(element, reader.PathOf("max"), reader.Faults);
    }

    private static void WriteLimit(Utf8JsonWriter writer, PlanLimit limit)
    {
        writer.WriteStartObject();
        writer.WriteString("meter", limit.Meter.Value);
        if (limit.Max is { } max)
            AmountJson.Write(writer, "max", max);
        else
            writer.WriteNull("max");
        writer.WriteString("period", MeterJson.WordOf(Periods, limit.Period));
        writer.WriteBoolean("hard", limit.Hard);
        writer.WriteEndObject();
    }

    private static void CheckCredits(ObjectReader reader, Amount? creditValue, ValueList<Charge> charges)
    {
        var inCredits = charges.Where(charge => charge.In == ChargeUnit.Credits).ToArray();
        if (inCredits.Length > 0 && creditValue is null && !reader.Has("credit_value"))
            reader.Fault("credit_value", "Is required where a charge is in credits.");
        foreach (var meter in inCredits.GroupBy(charge => charge.Meter).Where(group => group.Count() > 1))
            reader.Fault("charges", $"Meter '{meter.Key}' is charged in credits more than once.");
    }

    private static void CheckLimits(ObjectReader reader, ValueList<PlanLimit> limits)
    {
        var repeated = limits.GroupBy(limit => (limit.Meter, limit.Period, limit.Hard)).Where(group => group.Count() > 1);
        foreach (var limit in repeated)
            reader.Fault("limits", $"Meter '{limit.Key.Meter}' is limited more than once in the same way.");
    }
}
