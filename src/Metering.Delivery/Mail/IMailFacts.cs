using Metering.Core.Ids;
using Metering.Core.Invoicing;
using Metering.Grid.Documents;

namespace Metering.Delivery.Mail;

/// <summary>
/// What mails are about, as it is at the moment of sending. Null is <i>there is no such thing</i>; where it cannot be said, the methods
/// throw,
/// and the mail is tried again.
/// </summary>
public interface IMailFacts
{
    /// <summary>Whom to write to.</summary>
    ValueTask<MailRecipient?> FindRecipientAsync(string customerId, CancellationToken cancellation);

    /// <summary>An issued invoice and where it stands.</summary>
    ValueTask<InvoiceFacts?> FindInvoiceAsync(string customerId, InvoiceId invoice, CancellationToken cancellation);

    /// <summary>A credit note of an invoice.</summary>
    ValueTask<CreditNote?> FindCreditNoteAsync(
        string customerId, InvoiceId invoice, CreditNoteNumber number, CancellationToken cancellation);
}

/// <param name="Name">The name in the greeting.</param>
/// <param name="Email">The address as it was given; may be empty or none.</param>
public sealed record MailRecipient(string Name, string Email);

/// <param name="Invoice">The invoice.</param>
/// <param name="Standing">What became of it.</param>
public sealed record InvoiceFacts(Invoice Invoice, InvoiceStanding Standing);
