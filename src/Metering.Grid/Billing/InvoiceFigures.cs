using Metering.Core.Invoicing;
using Metering.Core.Money;

namespace Metering.Grid.Billing;

/// <summary>Figures of an invoice that reports show beside its totals.</summary>
public static class InvoiceFigures
{
    /// <summary>
    /// What of the lines is overage: credits beyond the wallet, and usage of a meter of which the base fee covers a part. Before discounts
    /// and taxes that are added.
    /// </summary>
    public static Amount OverageOf(Invoice invoice)
    {
        Amount overage = Amount.Zero;
        foreach (InvoiceLine line in invoice.Lines)
        {
            if (IsOverage(invoice, line))
                overage += line.Amount;
        }

        return overage;
    }

    /// <summary>Whether a line is a part of <see cref="OverageOf"/>: one that is pushed to a payment gateway as overage.</summary>
    public static bool IsOverage(Invoice invoice, InvoiceLine line) => line.Kind == LineKind.OverageCredits
        || (line.Kind == LineKind.Usage && line.Meter is not null
            && invoice.Lines.Any(other => other.Kind == LineKind.Included && other.Meter == line.Meter));
}
