using Metering.Core.Binary;
using Metering.Core.Ids;
using Metering.Core.Invoicing;
using Metering.Core.Money;

namespace Metering.Core.Tests.Invoicing;

public sealed class InvoiceFormatTests
{
    [Fact]
    public void What_is_written_reads_back_as_an_equal_invoice_with_the_same_digest()
    {
        foreach (var invoice in new[] { Full(), new InvoiceBench("").Invoice() })
        {
            var bytes = InvoiceFormat.Write(invoice);
            var again = InvoiceFormat.Read(bytes);
            Assert.Equal(invoice, again);
            Assert.Equal(bytes, InvoiceFormat.Write(again));
            Assert.Equal(invoice.Digest, InvoiceFormat.Digest(bytes));
        }
    }

    [Fact]
    public void Bytes_of_the_first_version_are_fixed_for_ever()
    {
        Assert.Equal(FrozenInvoice.Version1, Convert.ToHexStringLower(InvoiceFormat.Write(Full())));
        Assert.Equal(Full(), InvoiceFormat.Read(Convert.FromHexString(FrozenInvoice.Version1)));
    }

    [Fact]
    public void Bytes_of_the_second_version_which_has_an_anchor_day_are_fixed_for_ever()
    {
        var anchored = Full() with { AnchorDay = 31 };
        Assert.Equal(FrozenInvoice.Version2, Convert.ToHexStringLower(InvoiceFormat.Write(anchored)));
        Assert.Equal(anchored, InvoiceFormat.Read(Convert.FromHexString(FrozenInvoice.Version2)));
        Assert.NotEqual(Full().Digest, anchored.Digest);
    }

    [Fact]
    public void Same_inputs_give_the_same_bytes() =>
        Assert.Equal(InvoiceFormat.Write(Full()), InvoiceFormat.Write(Full()));

    [Fact]
    public void Invoice_is_compiled_again_from_what_it_recorded()
    {
        var bench = FullBench();
        var issued = InvoiceFormat.Read(InvoiceFormat.Write(bench.Invoice()));
        var inputs = bench.Inputs();
        var again = InvoiceCompiler.Compile(InvoiceInputs.Again(issued, inputs.Segments, inputs.Late));
        Assert.Equal(InvoiceFormat.Write(issued), InvoiceFormat.Write(again));
    }

    [Fact]
    public void Cut_and_lengthened_bytes_are_refused()
    {
        var bytes = InvoiceFormat.Write(Full());
        for (var length = 0; length < bytes.Length; length++)
            Assert.Throws<CorruptDataException>(() => InvoiceFormat.Read(bytes.AsSpan(0, length)));
        Assert.Throws<CorruptDataException>(() => InvoiceFormat.Read([.. bytes, 0]));
        Assert.Throws<CorruptDataException>(() => InvoiceFormat.Read([3, .. bytes.AsSpan(1)]));
    }

    [Fact]
    public void Changed_bytes_are_another_invoice_or_none()
    {
        var bytes = InvoiceFormat.Write(Full());
        var digest = InvoiceFormat.Digest(bytes);
        for (var i = 0; i < bytes.Length; i++)
        {
            bytes[i] ^= 1;
            Assert.NotEqual(digest, InvoiceFormat.Digest(bytes));
            if (Record.Exception(() => InvoiceFormat.Read(bytes)) is { } exception)
                Assert.IsType<CorruptDataException>(exception);
            bytes[i] ^= 1;
        }
    }

    internal static Invoice Full() => FullBench().Invoice();

    private static InvoiceBench FullBench()
    {
        var bench = new InvoiceBench("""
            "base_fee":"49","minimum_commitment":"1000","credit_value":"0.001",
            "charges":[{"meter":"minutes","in":"money","model":"per_unit","unit_price":"1","per":"3","included":"5"},
            {"meter":"tokens","in":"credits","model":"per_unit","unit_price":"1"}]
            """).Use("minutes", "10").Credits("12.5", "2000");
        bench.Change("\"base_fee\":\"62\"", InvoiceBench.At("2025-01-11T12:00:00.25Z"));
        bench.Extra = bench.Extra with
        {
            LegalNumber = new LegalNumber(17, 123),
            IssuedAt = InvoiceBench.At("2025-02-02"),
            TimeZone = "Europe/Berlin",
            Seller = new BillingProfile { LegalName = "Grid AG", AddressLines = ["Weg 1", "Hof"], Country = "CH", TaxId = "CHE-1" },
            Buyer = new BillingProfile { LegalName = "Bün GmbH", PostalCode = "1", City = "Ort", Country = "DE", Email = "a@b.c" },
            Coupons = [AppliedCoupon.Of(new Coupon { Id = CouponId.Parse("x"), Name = "X", Percent = Amount.FromWhole(10), Invoices = 3 })],
            TaxRates =
            [
                new TaxRate
                {
                    Id = TaxRateId.Parse("de"), Name = "USt", Country = "DE", Percent = Amount.FromWhole(19),
                    ValidFrom = new DateOnly(2021, 1, 1),
                },
            ],
            Late = [new LatePeriod(InvoiceBench.Days("2024-12-01", "2025-01-01"), new DateOnly(2024, 12, 1), [], Amount.Parse("-1.5"))],
        };
        return bench;
    }
}
