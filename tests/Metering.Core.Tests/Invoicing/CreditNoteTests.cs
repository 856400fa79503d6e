using Metering.Core.Ids;
using Metering.Core.Invoicing;
using Metering.Core.Money;

namespace Metering.Core.Tests.Invoicing;

public sealed class CreditNoteTests
{
    private static readonly CreditNoteNumber Number = new(17, 1);

    [Fact]
    public void Notes_that_credit_the_whole_credit_its_taxes_to_the_last_minor_unit()
    {
        var invoice = InvoiceFormatTests.Full();
        var third = Rounding.ToMinorUnit(Amount.FromDecimal(invoice.Total.ToDecimal() / 3), invoice.Currency);
        var credited = Amount.Zero;
        var tax = Amount.Zero;
        foreach (var part in new[] { third, third, invoice.Total - third - third })
        {
            Assert.True(CreditNoteCompiler.TryCompile(
                invoice, Number, part, credited, "Outage", InvoiceBench.At("2025-03-01"), out var note));
            Assert.Equal(part, note.Total);
            Assert.Equal(note.Total, note.Net + note.Tax);
            Assert.Equal(note, CreditNoteFormat.Read(CreditNoteFormat.Write(note)));
            credited += part;
            tax += note.Tax;
        }

        Assert.Equal(invoice.Total, credited);
        Assert.Equal(invoice.Tax, tax);
    }

    [Theory]
    [InlineData("0", "0")]
    [InlineData("-1", "0")]
    [InlineData("0.001", "0")]
    [InlineData("1000000", "0")]
    [InlineData("0.01", "TOTAL")]
    public void Nothing_parts_of_a_minor_unit_and_more_than_is_left_are_refused(string total, string before)
    {
        var invoice = InvoiceFormatTests.Full();
        var creditedBefore = before == "TOTAL" ? invoice.Total : Amount.Parse(before);
        Assert.False(CreditNoteCompiler.TryCompile(
            invoice, Number, Amount.Parse(total), creditedBefore, "", InvoiceBench.At("2025-03-01"), out _));
    }

    [Fact]
    public void Draft_cannot_be_credited() => Assert.Throws<ArgumentException>(() => CreditNoteCompiler.TryCompile(
        new InvoiceBench("\"base_fee\":\"1\"").Invoice(), Number, Amount.One, Amount.Zero, "", InvoiceBench.At("2025-03-01"), out _));
}
