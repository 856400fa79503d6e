using Metering.Grid.Outbox;

namespace Metering.Delivery.Mail;

/// <summary>The mails that follow from events of the outbox.</summary>
public static class MailRows
{
    private const string Prefix = "mail_";

    /// <summary>The mail about an event, or null where there is none: of invoices, credit notes, alerts and low wallets. Its id follows
    /// from the event's.</summary>
    public static OutboxMessage? Of(OutboxMessage happened)
    {
        string? kind = happened.Kind switch
        {
            OutboxKinds.InvoiceIssued => OutboxKinds.MailInvoice,
            OutboxKinds.CreditNoteIssued => OutboxKinds.MailCreditNote,
            OutboxKinds.AlertRaised => OutboxKinds.MailAlert,
            OutboxKinds.WalletLow => OutboxKinds.MailWalletLow,
            _ => null,
        };
        return kind is null
            ? null
            : happened.Following(Prefix, kind);
    }
}
