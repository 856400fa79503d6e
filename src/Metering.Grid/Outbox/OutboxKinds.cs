namespace Metering.Grid.Outbox;

/// <summary>
/// The kinds of outbox rows. A kind is a queue: workers claim by it. A topic, which is what webhooks tell of, is a kind, too:
/// its rows are taken apart into one <see cref="WebhookDelivery"/> for each endpoint that asks for it, and inner rows of what else follows.
/// </summary>
public static class OutboxKinds
{
    /// <summary>Topic: an invoice was issued.</summary>
    public const string InvoiceIssued = "invoice.issued";

    /// <summary>Topic: an invoice was paid.</summary>
    public const string InvoicePaid = "invoice.paid";

    /// <summary>Topic: a credit note was issued.</summary>
    public const string CreditNoteIssued = "credit_note.issued";

    /// <summary>Topic: usage has reached a threshold of a limit.</summary>
    public const string AlertRaised = "alert.raised";

    /// <summary>Topic: what a wallet has available fell below the threshold of its automatic top-up.</summary>
    public const string WalletLow = "wallet.low";

    /// <summary>Topic: a wallet asks for a top-up, which waits for its payment or, where that is trusted, follows at once.</summary>
    public const string TopUpRequested = "wallet.top_up_requested";

    /// <summary>Topic: a top-up has put credits into a wallet.</summary>
    public const string WalletToppedUp = "wallet.topped_up";

    /// <summary>Topic: an endpoint is tried out. Never in the outbox as an event, only as a delivery.</summary>
    public const string WebhookTest = "webhook.test";

    /// <summary>Inner: an event on its way to one endpoint, which is the row's target.</summary>
    public const string WebhookDelivery = "webhook.delivery";

    /// <summary>Inner: an issued invoice to be mailed, with its document. Data: <c>invoice_id</c>.</summary>
    public const string MailInvoice = "mail.invoice";

    /// <summary>Inner: a reminder of an invoice that is not paid; sent while that is so. Data: <c>invoice_id</c>.</summary>
    public const string MailReminder = "mail.reminder";

    /// <summary>Inner: a credit note to be mailed, with its document. Data: <c>invoice_id</c>, <c>credit_note</c> (its number).</summary>
    public const string MailCreditNote = "mail.credit_note";

    /// <summary>Inner: a low wallet to be mailed. Data: as of <see cref="WalletLow"/>.</summary>
    public const string MailWalletLow = "mail.wallet_low";

    /// <summary>Inner: an alert to be mailed. Data: as of <see cref="AlertRaised"/>.</summary>
    public const string MailAlert = "mail.alert";

    /// <summary>Inner: an invoice that the payment gateway is to be brought up to: issued, credited, paid or void. Data:
    /// <c>invoice_id</c>.</summary>
    public const string PaymentPush = "payment.push";

    /// <summary>Inner: a pending top-up to be charged. Data: <c>top_up_id</c>.</summary>
    public const string PaymentTopUp = "payment.top_up";

    /// <summary>Inner: an invoice has become overdue. Data: <c>invoice_id</c>.</summary>
    public const string DunningBegin = "dunning.begin";

    /// <summary>Inner, delayed: an overdue invoice is to be tried again. Data: <c>invoice_id</c>, <c>step</c> (from 0).</summary>
    public const string DunningStep = "dunning.step";

    /// <summary>Inner: an invoice was paid or made void. Data: <c>invoice_id</c>.</summary>
    public const string DunningEnd = "dunning.end";

    /// <summary>The topics that a webhook endpoint can ask for.</summary>
    public static IReadOnlyList<string> Topics { get; } =
    [
        InvoiceIssued, InvoicePaid, CreditNoteIssued, AlertRaised, WalletLow, TopUpRequested, WalletToppedUp,
    ];
}
