using Metering.Core.Invoicing;
using Metering.Grid.Payments;

namespace Metering.Delivery.Payments;

/// <summary>An issued invoice as the payment gateway is to collect it.</summary>
internal static class InvoiceOrders
{
    /// <summary>The lines in their order, then the taxes that the total adds to them: together they are the total.</summary>
    /// <exception cref="InvalidOperationException">They are not, or it is a draft: nothing of it is to be charged.</exception>
    public static InvoiceOrder Of(Invoice invoice, string externalCustomerId)
    {
        InvoiceOrderLine[] lines =
        [
            .. invoice.Lines.Select(line => new InvoiceOrderLine(line.Description, line.Amount)),
            .. invoice.Taxes.Where(tax => !tax.Inclusive)
                .Select(tax => new InvoiceOrderLine($"{tax.Name} {tax.Percent} %", tax.Amount)),
        ];
        var sum = lines.Aggregate(Core.Money.Amount.Zero, (total, line) => total + line.Amount);
        if (sum != invoice.Total || invoice.IssuedAt is not { } issuedAt)
            throw new InvalidOperationException($"The lines of invoice {invoice.Id} come to {sum}, its total is {invoice.Total}.");
        return new InvoiceOrder(
            invoice.Id.Value, invoice.Customer.Value, externalCustomerId, invoice.LegalNumber?.ToString() ?? invoice.Number.Value,
            invoice.Currency.Code, issuedAt, lines);
    }
}
