using System.Diagnostics.CodeAnalysis;
using System.Numerics;
using Metering.Core.Catalog;
using Metering.Core.Ids;
using Metering.Core.Money;
using Metering.Core.Time;

namespace Metering.Core.Invoicing;

/// <summary>
/// Makes credit notes. Each tax is credited in the proportion of the total; rounding is of what has been credited in all, so that notes
/// that together credit the whole invoice credit its taxes to the last minor unit.
/// </summary>
public static class CreditNoteCompiler
{
    /// <param name="invoice">Issued.</param>
    /// <param name="number">The note's.</param>
    /// <param name="total">What is owed to the buyer, tax included.</param>
    /// <param name="creditedBefore">The sum of the totals of the invoice's earlier credit notes.</param>
    /// <param name="reason">For the buyer.</param>
    /// <param name="issuedAt">When.</param>
    /// <param name="note">The note, where the answer is true.</param>
    /// <returns>False where the total is not positive, has parts of a minor unit, or is more than is left of the invoice.</returns>
    /// <exception cref="ArgumentException">The invoice is a draft.</exception>
    public static bool TryCompile(
        Invoice invoice, CreditNoteNumber number, Amount total, Amount creditedBefore, string reason, Instant issuedAt,
        [NotNullWhen(true)] out CreditNote? note)
    {
        if (invoice.LegalNumber is not { } legalNumber)
            throw new ArgumentException("A draft cannot be credited.", nameof(invoice));
        note = null;
        if (!total.IsPositive || Rounding.ToMinorUnit(total, invoice.Currency) != total
            || total.Nanos + creditedBefore.Nanos > invoice.Total.Nanos)
            return false;

        Amount Part(Amount whole) => Share(whole, creditedBefore + total, invoice) - Share(whole, creditedBefore, invoice);
        var taxes = invoice.Taxes.Select(tax => tax with { Base = Part(tax.Base), Amount = Part(tax.Amount) }).ToValueList();
        var tax = taxes.Aggregate(Amount.Zero, (sum, line) => sum + line.Amount);
        note = new CreditNote
        {
            Number = number,
            Invoice = invoice.Id,
            InvoiceLegalNumber = legalNumber,
            Project = invoice.Project,
            Customer = invoice.Customer,
            Currency = invoice.Currency,
            Reason = reason,
            IssuedAt = issuedAt,
            Net = total - tax,
            Taxes = taxes,
            Tax = tax,
            Total = total,
            CreditedBefore = creditedBefore,
            Seller = invoice.Recorded.Seller,
            Buyer = invoice.Recorded.Buyer,
        };
        return true;
    }

    /// <summary>What is credited of an amount when so much of the invoice's total is; rounded half to even to the minor unit.</summary>
    private static Amount Share(Amount whole, Amount credited, Invoice invoice)
    {
        var step = BigInteger.Pow(10, 9 - invoice.Currency.MinorUnits);
        var steps = Rounding.DivideHalfEven((BigInteger)whole.Nanos * credited.Nanos, invoice.Total.Nanos * step);
        return Amount.FromNanos((Int128)(steps * step));
    }
}
