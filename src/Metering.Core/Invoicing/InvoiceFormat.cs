using Metering.Core.Binary;
using Metering.Core.Catalog;
using Metering.Core.Ids;
using Metering.Core.Money;
using Metering.Core.Time;

namespace Metering.Core.Invoicing;

/// <summary>
/// The canonical bytes of an invoice: one text, one number, one order, so that equal invoices have equal bytes and a digest. A version
/// comes first; every version stays readable.
/// </summary>
/// <remarks>The forms are those of <see cref="ByteWriter"/>; dates are days since 0001-01-01, unsigned; an enum is its number in a byte; a
/// list is its count, then its items; what may be missing is a 0, or a 1 and then itself.</remarks>
public static class InvoiceFormat
{
    private const byte Version = 1;

    /// <summary>Version 1 and, behind the time zone, the billing anchor day. An invoice on the first day is of version 1, as ever: those
    /// that were issued before there were anchor days keep their bytes when they are computed again.</summary>
    private const byte AnchoredVersion = 2;

    public static byte[] Write(Invoice invoice)
    {
        var writer = new ByteWriter(1024);
        Write(writer, invoice);
        return writer.Span.ToArray();
    }

    public static void Write(ByteWriter writer, Invoice invoice)
    {
        writer.Byte(invoice.AnchorDay == 1 ? Version : AnchoredVersion);
        writer.Text(invoice.Id.Value);
        writer.Text(invoice.Number.Value);
        writer.Text(invoice.LegalNumber?.ToString() ?? "");
        writer.Text(invoice.Project.Value);
        writer.Text(invoice.Customer.Value);
        BillingFormat.Write(writer, invoice.Period);
        BillingFormat.Write(writer, invoice.FirstDay);
        writer.Text(invoice.TimeZone);
        if (invoice.AnchorDay != 1)
            writer.Byte((byte)invoice.AnchorDay);
        writer.Text(invoice.Currency.Code);
        writer.Unsigned((ulong)invoice.Segments.Count);
        foreach (var segment in invoice.Segments)
            Write(writer, segment);
        writer.Unsigned((ulong)invoice.Lines.Count);
        foreach (var line in invoice.Lines)
            Write(writer, line);
        writer.Amount(invoice.Subtotal);
        BillingFormat.Write(writer, invoice.Taxes);
        writer.Amount(invoice.Tax);
        writer.Amount(invoice.Total);
        writer.Unsigned((ulong)invoice.Notes.Count);
        foreach (var note in invoice.Notes)
            writer.Text(note);
        writer.OptionalInstant(invoice.IssuedAt);
        writer.Instant(invoice.DueAt);
        writer.Unsigned(invoice.Positions.From);
        writer.Unsigned(invoice.Positions.To);
        Write(writer, invoice.Recorded);
    }

    /// <exception cref="CorruptDataException">No invoice was written as these bytes.</exception>
    public static Invoice Read(ReadOnlySpan<byte> bytes)
    {
        var reader = new ByteReader(bytes);
        var invoice = Read(ref reader);
        return reader.IsAtEnd ? invoice : throw new CorruptDataException("More than an invoice was written.");
    }

    /// <summary>SHA-256 over the bytes that <see cref="Write(Invoice)"/> gives.</summary>
    public static InvoiceDigest Digest(ReadOnlySpan<byte> bytes) => InvoiceDigest.Of(bytes);

    private static Invoice Read(ref ByteReader reader)
    {
        var version = reader.Byte(Version, AnchoredVersion);
        return new Invoice
        {
            Id = InvoiceId.TryCreate(reader.Text(), out var id) ? id : throw BillingFormat.Corrupt("id"),
            Number = InvoiceNumber.TryCreate(reader.Text(), out var number) ? number : throw BillingFormat.Corrupt("number"),
            LegalNumber = ReadLegalNumber(ref reader),
            Project = BillingFormat.ReadProject(ref reader),
            Customer = BillingFormat.ReadCustomer(ref reader),
            Period = BillingFormat.ReadPeriod(ref reader),
            FirstDay = BillingFormat.ReadDate(ref reader),
            TimeZone = reader.Text(),
            AnchorDay = version == AnchoredVersion ? reader.Byte(2, 31) : 1,
            Currency = BillingFormat.ReadCurrency(ref reader),
            Segments = BillingFormat.ReadList(ref reader, ReadSegment),
            Lines = BillingFormat.ReadList(ref reader, ReadLine),
            Subtotal = reader.Amount(),
            Taxes = BillingFormat.ReadTaxes(ref reader),
            Tax = reader.Amount(),
            Total = reader.Amount(),
            Notes = BillingFormat.ReadList(ref reader, static (ref ByteReader each) => each.Text()),
            IssuedAt = reader.OptionalInstant(),
            DueAt = reader.Instant(),
            Positions = new JournalRange(reader.Long(), reader.Long()),
            Recorded = ReadRecord(ref reader),
        };
    }

    private static LegalNumber? ReadLegalNumber(ref ByteReader reader)
    {
        var text = reader.Text();
        if (text.Length == 0)
            return null;
        return LegalNumber.TryCreate(text, out var number) ? number : throw BillingFormat.Corrupt("legal number");
    }

    private static void Write(ByteWriter writer, InvoiceSegment segment)
    {
        BillingFormat.Write(writer, segment.Period);
        writer.Text(segment.Plan.Value);
        writer.Unsigned((ulong)segment.PlanVersion);
        writer.Text(segment.PlanName);
        writer.Unsigned(segment.Share.Numerator);
        writer.Unsigned(segment.Share.Denominator);
    }

    private static InvoiceSegment ReadSegment(ref ByteReader reader) => new(
        BillingFormat.ReadPeriod(ref reader),
        PlanId.TryCreate(reader.Text(), out var plan) ? plan : throw BillingFormat.Corrupt("plan"),
        reader.Count(), reader.Text(), new IntervalShare(reader.Long(), reader.Long()));

    private static void Write(ByteWriter writer, InvoiceLine line)
    {
        writer.Byte((byte)line.Kind);
        writer.Text(line.Description);
        writer.Amount(line.Quantity);
        writer.Text(line.Unit);
        writer.Amount(line.UnitPrice);
        writer.Amount(line.Per);
        writer.Amount(line.Amount);
        BillingFormat.Write(writer, line.Period);
        writer.Text(line.Meter?.Value ?? "");
        writer.Text(line.Coupon?.Value ?? "");
    }

    private static InvoiceLine ReadLine(ref ByteReader reader) => new()
    {
        Kind = (LineKind)reader.Byte((byte)LineKind.BaseFee, (byte)LineKind.Discount),
        Description = reader.Text(),
        Quantity = reader.Amount(),
        Unit = reader.Text(),
        UnitPrice = reader.Amount(),
        Per = reader.Amount(),
        Amount = reader.Amount(),
        Period = BillingFormat.ReadPeriod(ref reader),
        Meter = ReadMeter(ref reader),
        Coupon = BillingFormat.ReadCouponId(ref reader),
    };

    private static MeterId? ReadMeter(ref ByteReader reader)
    {
        var text = reader.Text();
        if (text.Length == 0)
            return null;
        return MeterId.TryCreate(text, out var meter) ? meter : throw BillingFormat.Corrupt("meter");
    }

    private static void Write(ByteWriter writer, InvoiceRecord record)
    {
        BillingFormat.Write(writer, record.Seller);
        BillingFormat.Write(writer, record.Buyer);
        BillingFormat.Write(writer, record.TaxDate);
        writer.Unsigned((ulong)record.TaxRates.Count);
        foreach (var rate in record.TaxRates)
            BillingFormat.Write(writer, rate);
        writer.Unsigned((ulong)record.Coupons.Count);
        foreach (var coupon in record.Coupons)
            BillingFormat.Write(writer, coupon);
        writer.Unsigned((ulong)record.Late.Count);
        foreach (var late in record.Late)
        {
            BillingFormat.Write(writer, late.Period);
            writer.Amount(late.AdjustedBefore);
            writer.Amount(late.Adjusted);
        }
    }

    private static InvoiceRecord ReadRecord(ref ByteReader reader) => new()
    {
        Seller = BillingFormat.ReadProfile(ref reader),
        Buyer = BillingFormat.ReadProfile(ref reader),
        TaxDate = BillingFormat.ReadDate(ref reader),
        TaxRates = BillingFormat.ReadList(ref reader, BillingFormat.ReadTaxRate),
        Coupons = BillingFormat.ReadList(ref reader, BillingFormat.ReadAppliedCoupon),
        Late = BillingFormat.ReadList(ref reader, static (ref ByteReader each) =>
            new LateRecord(BillingFormat.ReadPeriod(ref each), each.Amount(), each.Amount())),
    };
}
