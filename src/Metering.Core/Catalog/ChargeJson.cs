using System.Text.Json;
using Metering.Core.Ids;
using Metering.Core.Money;

namespace Metering.Core.Catalog;

/// <summary>The members of a charge, to and from JSON. Each model takes its own members and refuses the others.</summary>
internal static class ChargeJson
{
    private static readonly (string, ChargeUnit)[] Units = [("money", ChargeUnit.Money), ("credits", ChargeUnit.Credits)];

    private static readonly (string, ChargeModel)[] Models =
    [
        ("flat", ChargeModel.Flat), ("per_unit", ChargeModel.PerUnit), ("graduated", ChargeModel.Graduated), ("volume", ChargeModel.Volume),
        ("package", ChargeModel.Package), ("percentage", ChargeModel.Percentage), ("matrix", ChargeModel.Matrix),
    ];

    /// <summary>Null, or anything, when it noted a fault.</summary>
    public static Charge? Read(ObjectReader reader, IReadOnlyDictionary<MeterId, Meter> meters)
    {
        var meter = PlanJson.ReadMeter(reader, meters);
        var unit = reader.Word("in", Units, required: true);
        var model = reader.Word("model", Models, required: true);
        if (meter is null || unit is null || model is null)
            return null;

        ChargeRules.CheckPair(reader, meter, unit.Value, model.Value);
        var charge = ReadModel(reader, meter, new Charge { Meter = meter.Id, In = unit.Value, Model = model.Value });
        reader.Close();
        return charge;
    }

    public static void Write(Utf8JsonWriter writer, Charge charge)
    {
        writer.WriteStartObject();
        writer.WriteString("meter", charge.Meter.Value);
        writer.WriteString("in", MeterJson.WordOf(Units, charge.In));
        writer.WriteString("model", MeterJson.WordOf(Models, charge.Model));
        switch (charge.Model)
        {
            case ChargeModel.Flat:
                AmountJson.Write(writer, "amount", charge.FlatAmount);
                break;
            case ChargeModel.PerUnit:
                AmountJson.Write(writer, "unit_price", charge.UnitPrice);
                break;
            case ChargeModel.Package:
                AmountJson.Write(writer, "unit_price", charge.UnitPrice);
                AmountJson.Write(writer, "package_size", charge.PackageSize);
                break;
            case ChargeModel.Percentage:
                AmountJson.Write(writer, "percent", charge.Percent);
                break;
            case ChargeModel.Graduated or ChargeModel.Volume:
                WriteTiers(writer, charge.Tiers);
                break;
            default:
                WriteMatrix(writer, charge);
                break;
        }

        if (charge.Per != Amount.One)
            AmountJson.Write(writer, "per", charge.Per);
        AmountJson.WriteUnlessZero(writer, "included", charge.Included);
        AmountJson.WriteUnlessZero(writer, "minimum_commitment", charge.MinimumCommitment);
        writer.WriteEndObject();
    }

    private static Charge ReadModel(ObjectReader reader, Meter meter, Charge charge)
    {
        if (charge.In == ChargeUnit.Money)
            charge = charge with { MinimumCommitment = reader.Amount("minimum_commitment") ?? Amount.Zero };
        if (charge.Model != ChargeModel.Flat)
            charge = charge with { Included = reader.Amount("included") ?? Amount.Zero };
        if (charge.Model is ChargeModel.PerUnit or ChargeModel.Graduated or ChargeModel.Volume or ChargeModel.Matrix)
            charge = charge with { Per = Positive(reader, "per", required: false) ?? Amount.One };

        return charge.Model switch
        {
            ChargeModel.Flat => charge with { FlatAmount = reader.Amount("amount", required: true) ?? Amount.Zero },
            ChargeModel.PerUnit => charge with { UnitPrice = reader.Amount("unit_price", required: true) ?? Amount.Zero },
            ChargeModel.Package => charge with
            {
                UnitPrice = reader.Amount("unit_price", required: true) ?? Amount.Zero,
                PackageSize = Positive(reader, "package_size", required: true) ?? Amount.One,
            },
            ChargeModel.Percentage => charge with { Percent = ChargeRules.ReadPercent(reader) },
            ChargeModel.Graduated or ChargeModel.Volume => charge with { Tiers = ReadTiers(reader) },
            _ => ReadMatrix(reader, meter, charge),
        };
    }

    private static Amount? Positive(ObjectReader reader, string name, bool required)
    {
        var amount = reader.Amount(name, required);
        if (amount is { IsPositive: false })
        {
            reader.Fault(name, "Must be above zero.");
            return null;
        }

        return amount;
    }

    private static ValueList<Tier> ReadTiers(ObjectReader charge)
    {
        var tiers = new List<(ObjectReader Reader, Tier Tier)>();
        foreach (var reader in charge.Objects("tiers"))
        {
            var unitPrice = reader.Amount("unit_price", required: true) ?? Amount.Zero;
            var tier = new Tier(reader.Amount("up_to"), unitPrice, reader.Amount("flat_fee") ?? Amount.Zero);
            reader.Close();
            tiers.Add((reader, tier));
        }

        ChargeRules.CheckTiers(charge, tiers);
        return tiers.Select(pair => pair.Tier).ToValueList();
    }

    private static void WriteTiers(Utf8JsonWriter writer, ValueList<Tier> tiers)
    {
        writer.WriteStartArray("tiers");
        foreach (var tier in tiers)
        {
            writer.WriteStartObject();
            if (tier.UpTo is { } upTo)
                AmountJson.Write(writer, "up_to", upTo);
            else
                writer.WriteNull("up_to");
            AmountJson.Write(writer, "unit_price", tier.UnitPrice);
            AmountJson.WriteUnlessZero(writer, "flat_fee", tier.FlatFee);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
    }

    private static Charge ReadMatrix(ObjectReader reader, Meter meter, Charge charge)
    {
        var dimensions = reader.Properties("dimensions");
        ChargeRules.CheckDimensions(reader, meter, dimensions);
        var cells = new List<(ObjectReader Reader, MatrixCell Cell)>();
        foreach (var item in reader.Objects("cells"))
        {
            var cell = new MatrixCell(ReadMatch(item, dimensions), item.Amount("unit_price", required: true) ?? Amount.Zero);
            item.Close();
            cells.Add((item, cell));
        }

        ChargeRules.CheckCells(reader, cells, dimensions);
        return charge with
        {
            Dimensions = dimensions,
            Cells = cells.Select(pair => pair.Cell).ToValueList(),
            Otherwise = reader.Amount("otherwise"),
        };
    }

    /// <summary>In the order of the charge's dimensions, so that equal cells are equal records.</summary>
    private static ValueList<DimensionMatch> ReadMatch(ObjectReader cell, ValueList<string> dimensions)
    {
        if (cell.Element("match") is not { } element)
        {
            cell.Fault("match", "Is required.");
            return [];
        }

        var reader = ObjectReader.Open(element, cell.PathOf("match"), cell.Faults);
        var match = new List<DimensionMatch>();
        foreach (var dimension in dimensions)
        {
            if (reader.Text(dimension) is { } value)
                match.Add(new DimensionMatch(dimension, value));
        }

        reader.Close();
        return match.ToValueList();
    }

    private static void WriteMatrix(Utf8JsonWriter writer, Charge charge)
    {
        MeterJson.WriteStrings(writer, "dimensions", charge.Dimensions);
        writer.WriteStartArray("cells");
        foreach (var cell in charge.Cells)
        {
            writer.WriteStartObject();
            writer.WriteStartObject("match");
            foreach (var match in cell.Match)
                writer.WriteString(match.Dimension, match.Value);
            writer.WriteEndObject();
            AmountJson.Write(writer, "unit_price", cell.UnitPrice);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
        if (charge.Otherwise is { } otherwise)
            AmountJson.Write(writer, "otherwise", otherwise);
        else
            writer.WriteNull("otherwise");
    }
}
