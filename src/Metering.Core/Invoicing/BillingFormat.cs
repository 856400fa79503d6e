using Metering.Core.Binary;
using Metering.Core.Catalog;
using Metering.Core.Ids;
using Metering.Core.Money;
using Metering.Core.Time;

namespace Metering.Core.Invoicing;

/// <summary>
/// The binary forms of what invoices, credit notes and the journal's billing entries share. Fixed for ever, as those of
/// <see cref="ByteWriter"/>.
/// </summary>
public static class BillingFormat
{
    internal delegate T ItemReader<T>(ref ByteReader reader);

    public static void Write(ByteWriter writer, Period period)
    {
        writer.Instant(period.Start);
        writer.Instant(period.End);
    }

    public static Period ReadPeriod(ref ByteReader reader) => new(reader.Instant(), reader.Instant());

    public static void Write(ByteWriter writer, DateOnly date) => writer.Unsigned((ulong)date.DayNumber);

    public static DateOnly ReadDate(ref ByteReader reader) => DateOnly.FromDayNumber(reader.Count(DateOnly.MaxValue.DayNumber));

    public static void Write(ByteWriter writer, BillingProfile profile)
    {
        writer.Text(profile.LegalName);
        writer.Unsigned((ulong)profile.AddressLines.Count);
        foreach (var line in profile.AddressLines)
            writer.Text(line);
        writer.Text(profile.PostalCode);
        writer.Text(profile.City);
        writer.Text(profile.Region);
        writer.Text(profile.Country);
        writer.Text(profile.TaxId);
        writer.Text(profile.Email);
        writer.Byte((byte)profile.Treatment);
    }

    public static BillingProfile ReadProfile(ref ByteReader reader) => new()
    {
        LegalName = reader.Text(),
        AddressLines = ReadList(ref reader, static (ref ByteReader each) => each.Text()),
        PostalCode = reader.Text(),
        City = reader.Text(),
        Region = reader.Text(),
        Country = reader.Text(),
        TaxId = reader.Text(),
        Email = reader.Text(),
        Treatment = (TaxTreatment)reader.Byte((byte)TaxTreatment.Standard, (byte)TaxTreatment.ReverseCharge),
    };

    public static void Write(ByteWriter writer, TaxRate rate)
    {
        writer.Text(rate.Id.Value);
        writer.Text(rate.Name);
        writer.Text(rate.Country);
        writer.Text(rate.Region);
        writer.Amount(rate.Percent);
        WriteOptional(writer, rate.ValidFrom);
        WriteOptional(writer, rate.ValidUntil);
        writer.Bool(rate.Inclusive);
        writer.Bool(rate.Compound);
    }

    public static TaxRate ReadTaxRate(ref ByteReader reader) => new()
    {
        Id = ReadTaxRateId(ref reader),
        Name = reader.Text(),
        Country = reader.Text(),
        Region = reader.Text(),
        Percent = reader.Amount(),
        ValidFrom = ReadOptionalDate(ref reader),
        ValidUntil = ReadOptionalDate(ref reader),
        Inclusive = reader.Bool(),
        Compound = reader.Bool(),
    };

    public static void Write(ByteWriter writer, Coupon coupon)
    {
        writer.Text(coupon.Id.Value);
        writer.Text(coupon.Name);
        WriteOptional(writer, coupon.Percent);
        WriteOptional(writer, coupon.AmountOff);
        writer.Text(coupon.Currency?.Code ?? "");
        WriteOptional(writer, coupon.Invoices);
    }

    public static Coupon ReadCoupon(ref ByteReader reader)
    {
        var coupon = new Coupon
        {
            Id = ReadCouponId(ref reader) ?? throw Corrupt("coupon"),
            Name = reader.Text(),
            Percent = ReadOptionalAmount(ref reader),
            AmountOff = ReadOptionalAmount(ref reader),
        };
        var code = reader.Text();
        Currency? currency = null;
        if (code.Length > 0 && !Currency.TryFind(code, out currency))
            throw Corrupt("currency");
        return coupon with { Currency = currency, Invoices = ReadOptionalCount(ref reader) };
    }

    public static void Write(ByteWriter writer, AppliedCoupon applied)
    {
        Write(writer, applied.Coupon);
        WriteOptional(writer, applied.InvoicesLeft);
    }

    public static AppliedCoupon ReadAppliedCoupon(ref ByteReader reader) => new(ReadCoupon(ref reader), ReadOptionalCount(ref reader));

    internal static void Write(ByteWriter writer, ValueList<TaxLine> taxes)
    {
        writer.Unsigned((ulong)taxes.Count);
        foreach (var tax in taxes)
        {
            writer.Text(tax.Rate.Value);
            writer.Text(tax.Name);
            writer.Amount(tax.Percent);
            writer.Amount(tax.Base);
            writer.Amount(tax.Amount);
            writer.Bool(tax.Inclusive);
        }
    }

    internal static ValueList<TaxLine> ReadTaxes(ref ByteReader reader) => ReadList(ref reader, static (ref ByteReader each) =>
        new TaxLine(ReadTaxRateId(ref each), each.Text(), each.Amount(), each.Amount(), each.Amount(), each.Bool()));

    internal static ProjectId ReadProject(ref ByteReader reader) =>
        ProjectId.TryCreate(reader.Text(), out var id) ? id : throw Corrupt("project");

    internal static CustomerId ReadCustomer(ref ByteReader reader) =>
        CustomerId.TryCreate(reader.Text(), out var id) ? id : throw Corrupt("customer");

    internal static Currency ReadCurrency(ref ByteReader reader) =>
        Currency.TryFind(reader.Text(), out var currency) ? currency : throw Corrupt("currency");

    internal static CouponId? ReadCouponId(ref ByteReader reader)
    {
        var text = reader.Text();
        if (text.Length == 0)
            return null;
        return CouponId.TryCreate(text, out var id) ? id : throw Corrupt("coupon");
    }

    internal static ValueList<T> ReadList<T>(ref ByteReader reader, ItemReader<T> read)
        where T : IEquatable<T>
    {
        var items = new T[reader.CountOf(1)];
        for (var i = 0; i < items.Length; i++)
            items[i] = read(ref reader);
        return ValueList.Create<T>(items);
    }

    internal static CorruptDataException Corrupt(string what) => new($"An invoice has a {what} that is none.");

    private static TaxRateId ReadTaxRateId(ref ByteReader reader) =>
        TaxRateId.TryCreate(reader.Text(), out var id) ? id : throw Corrupt("tax rate");

    private static void WriteOptional(ByteWriter writer, DateOnly? date)
    {
        writer.Bool(date is not null);
        if (date is { } day)
            Write(writer, day);
    }

    private static DateOnly? ReadOptionalDate(ref ByteReader reader) => reader.Bool() ? ReadDate(ref reader) : null;

    private static void WriteOptional(ByteWriter writer, Amount? amount)
    {
        writer.Bool(amount is not null);
        if (amount is { } value)
            writer.Amount(value);
    }

    private static Amount? ReadOptionalAmount(ref ByteReader reader) => reader.Bool() ? reader.Amount() : null;

    private static void WriteOptional(ByteWriter writer, int? count)
    {
        writer.Bool(count is not null);
        if (count is { } value)
            writer.Unsigned((ulong)value);
    }

    private static int? ReadOptionalCount(ref ByteReader reader) => reader.Bool() ? reader.Count() : null;
}
