using System.Text.Json;
using Metering.Core.Ids;
using Metering.Core.Money;

namespace Metering.Core.Catalog;

/// <summary>
/// The member <c>prices</c> of a plan, to and from JSON: an object by currency code. Every list prices in money what the plan does, meter
/// by meter in the same order, so that whatever the plan accepts has a price in each currency.
/// </summary>
internal static class PriceListJson
{
    /// <param name="plan">The plan's reader.</param>
    /// <param name="currency">The plan's own currency; null when it is not known.</param>
    /// <param name="charges">The plan's own charges.</param>
    /// <param name="meters">Every meter that may be named.</param>
    public static ValueList<PriceList> Read(
        ObjectReader plan, Currency? currency, ValueList<Charge> charges, IReadOnlyDictionary<MeterId, Meter> meters)
    {
        if (plan.Element("prices") is not { } element)
            return [];
        var reader = ObjectReader.Open(element, plan.PathOf("prices"), plan.Faults);
        var lists = new List<PriceList>();
        foreach (var code in reader.Names())
        {
            if (!Currency.TryFind(code, out var found))
                reader.Fault(code, "Must be a code of ISO 4217 in upper case.");
            else if (found == currency)
                reader.Fault(code, "Is the plan's own currency, whose prices are members of the plan.");
            else if (reader.Element(code) is not { } list)
                reader.Fault(code, "Must be an object.");
            else
                lists.Add(ReadList(ObjectReader.Open(list, reader.PathOf(code), reader.Faults), found, charges, meters));
        }

        return lists.OrderBy(list => list.Currency.Code, StringComparer.Ordinal).ToValueList();
    }

    public static void Write(Utf8JsonWriter writer, ValueList<PriceList> lists)
    {
        if (lists.Count == 0)
            return;
        writer.WriteStartObject("prices");
        foreach (var list in lists)
        {
            writer.WriteStartObject(list.Currency.Code);
            AmountJson.Write(writer, "base_fee", list.BaseFee);
            AmountJson.WriteUnlessZero(writer, "minimum_commitment", list.MinimumCommitment);
            if (list.CreditValue is { } creditValue)
                AmountJson.Write(writer, "credit_value", creditValue);
            writer.WriteStartArray("charges");
            foreach (var charge in list.Charges)
                ChargeJson.Write(writer, charge);
            writer.WriteEndArray();
            writer.WriteEndObject();
        }

        writer.WriteEndObject();
    }

    private static PriceList ReadList(
        ObjectReader reader, Currency currency, ValueList<Charge> charges, IReadOnlyDictionary<MeterId, Meter> meters)
    {
        var list = new PriceList
        {
            Currency = currency,
            BaseFee = reader.Amount("base_fee", required: true) ?? Amount.Zero,
            MinimumCommitment = reader.Amount("minimum_commitment") ?? Amount.Zero,
            CreditValue = reader.Amount("credit_value"),
            Charges = reader.Objects("charges").Select(item => ChargeJson.Read(item, meters)).OfType<Charge>().ToValueList(),
        };
        reader.Close();
        if (list.CreditValue is null && !reader.Has("credit_value") && charges.Any(charge => charge.In == ChargeUnit.Credits))
            reader.Fault("credit_value", "Is required where a charge is in credits.");

        // A charge that could not be read, here or in the plan, is missing from its list: it is named already.
        if (!reader.Faults.Faults.Any(fault => fault.Field.Contains("charges[", StringComparison.Ordinal)))
            CheckCharges(reader, list.Charges, charges.Where(charge => charge.In == ChargeUnit.Money).ToArray());
        return list;
    }

    private static void CheckCharges(ObjectReader reader, ValueList<Charge> charges, Charge[] planCharges)
    {
        if (charges.Any(charge => charge.In != ChargeUnit.Money))
            reader.Fault("charges", "Must be in money; charges in credits are the plan's alone.");
        else if (!charges.Select(charge => charge.Meter).SequenceEqual(planCharges.Select(charge => charge.Meter)))
            reader.Fault("charges", "Must be for the same meters, in the same order, as those of the plan in money.");
        else
        {
            for (var i = 0; i < planCharges.Length; i++)
            {
                if (!PricesTheSame(charges[i], planCharges[i]))
                    reader.Fault($"charges[{i}]", "Must price the same cells as the plan's matrix does, and otherwise only where it does.");
            }
        }
    }

    /// <summary>Whether a charge has a price for the same events: any other model has one for all.</summary>
    private static bool PricesTheSame(Charge charge, Charge planCharge)
    {
        if (charge.Model != ChargeModel.Matrix && planCharge.Model != ChargeModel.Matrix)
            return true;
        return charge.Model == planCharge.Model && charge.Dimensions.Equals(planCharge.Dimensions)
            && (charge.Otherwise is null) == (planCharge.Otherwise is null)
            && charge.Cells.Select(cell => cell.Match).SequenceEqual(planCharge.Cells.Select(cell => cell.Match));
    }
}
