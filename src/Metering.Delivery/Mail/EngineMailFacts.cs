using Metering.Core.Ids;
using Metering.Core.Invoicing;
using Metering.Grid;
using Metering.Grid.Billing;
using Metering.Grid.Directory;
using Metering.Grid.Documents;

namespace Metering.Delivery.Mail;

/// <summary>Asks the grid: addresses of the directory, invoices of their partitions, durable and as they are now.</summary>
/// <param name="engine">The grid.</param>
public sealed class EngineMailFacts(IMeteringEngine engine) : IMailFacts
{
    /// <inheritdoc/>
    public async ValueTask<MailRecipient?> FindRecipientAsync(string customerId, CancellationToken cancellation)
    {
        if (await engine.Directory.FindCustomerAsync(customerId, cancellation) is not { } customer)
            return null;
        CustomerRecord record = customer.Record;
        return new MailRecipient(
            record.Buyer.LegalName,
            record.Billing.Email.Length > 0 ? record.Billing.Email : record.Email);
    }

    /// <inheritdoc/>
    public async ValueTask<InvoiceFacts?> FindInvoiceAsync(string customerId, InvoiceId invoice, CancellationToken cancellation) =>
        await BillingOfAsync(customerId, cancellation) is { } billing && await billing.FindAsync(invoice, cancellation) is { } found
            ? new InvoiceFacts(found.Invoice, new InvoiceStanding(found.Issued.Status, found.Issued.Credited))
            : null;

    /// <inheritdoc/>
    public async ValueTask<CreditNote?> FindCreditNoteAsync(
        string customerId, InvoiceId invoice, CreditNoteNumber number, CancellationToken cancellation) =>
        await BillingOfAsync(customerId, cancellation) is { } billing
            ? (await billing.ListCreditNotesAsync(invoice, cancellation)).FirstOrDefault(note => note.Number == number)
            : null;

    private async ValueTask<IBilling?> BillingOfAsync(string customerId, CancellationToken cancellation) =>
        await engine.Directory.FindCustomerAsync(customerId, cancellation) is { } customer ? engine.Billing(customer) : null;
}
