using System.Text.Json;
using Metering.Core.Ids;
using Metering.Core.Invoicing;
using Metering.Core.Time;
using Metering.Delivery.Outbox;
using Metering.Delivery.Pdf;
using Metering.Grid.Documents;
using Metering.Grid.Outbox;

namespace Metering.Delivery.Mail;

/// <summary>
/// Mails what outbox rows ask for. What is written is read at the moment of sending, so a corrected address counts and an invoice that
/// was paid
/// meanwhile is not reminded of.
/// </summary>
/// <remarks>
/// A row is mailed once its mail is accepted; an acceptance whose answer was lost is mailed again, with the same <c>Message-ID</c>, which
/// is the
/// row's id, so that receivers can tell.
/// </remarks>
public sealed class MailHandler : IOutboxHandler
{
    private readonly IMailSender sender;
    private readonly IMailFacts facts;
    private readonly IInvoiceDocuments documents;
    private readonly MailOptions options;
    private readonly TimeProvider time;
    private readonly Figures figures;
    private readonly MailTemplates templates;

    /// <exception cref="ArgumentException">A template of the operator's has faults; all are named at once.</exception>
    public MailHandler(IMailSender sender, IMailFacts facts, IInvoiceDocuments documents, MailOptions options, TimeProvider time)
    {
        (this.sender, this.facts, this.documents) = (sender, facts, documents);
        (this.options, this.time) = (options, time);
        figures = new Figures(options.Culture);
        templates = MailTemplates.Load(options.TemplateFolder);
    }

    /// <inheritdoc/>
    public IReadOnlyList<string> Kinds { get; } =
    [
        OutboxKinds.MailInvoice, OutboxKinds.MailReminder, OutboxKinds.MailCreditNote, OutboxKinds.MailWalletLow, OutboxKinds.MailAlert,
    ];

    /// <inheritdoc/>
    public async ValueTask<OutboxOutcome> HandleAsync(OutboxClaim claim, CancellationToken cancellation)
    {
        OutboxMessage row = claim.Message;
        if (await facts.FindRecipientAsync(row.CustomerId, cancellation) is not { } recipient)
            return OutboxOutcome.GiveUp("There is no such customer.");
        if (!MailAddress.TryParse(recipient.Email, out MailAddress? address))
            return OutboxOutcome.GiveUp("The customer has no e-mail address that mails can be sent to.");

        MailContent content = await ContentAsync(row, recipient, cancellation);
        if (content.Otherwise is { } otherwise)
            return otherwise;
        (string subject, string text, string html) = templates.Fill(content.Occasion, content.Values);
        MailMessage message = MailComposer.Write(new MailDraft
        {
            Id = row.Id,
            Sender = options.From,
            SenderName = options.FromName,
            Recipient = address,
            RecipientName = recipient.Name,
            ReplyTo = options.ReplyTo,
            Date = time.GetUtcNow(),
            Subject = subject,
            Text = text,
            Html = html,
            Attachment = content.Document is { } file ? new MailAttachment(file.FileName, InvoiceDocument.MediaType, file.Bytes) : null,
        });
        MailOutcome outcome = await sender.SendAsync(message, cancellation);
        return outcome.Verdict switch
        {
            MailVerdict.Accepted => OutboxOutcome.Done(),
            MailVerdict.Refused => OutboxOutcome.GiveUp(outcome.Text),
            _ => OutboxOutcome.Retry(outcome.Text),
        };
    }

    private async ValueTask<MailContent> ContentAsync(OutboxMessage row, MailRecipient recipient, CancellationToken cancellation)
    {
        using JsonDocument data = JsonDocument.Parse(row.Data);
        string seller = options.FromName;
        Dictionary<string, string> values = MailValues.Common(
            row.CustomerId, recipient, seller, (options.ReplyTo ?? options.From).Address);
        switch (row.Kind)
        {
            case OutboxKinds.MailInvoice or OutboxKinds.MailReminder:
                return await InvoiceAsync(row, data.RootElement, values, cancellation);
            case OutboxKinds.MailCreditNote:
                return await CreditNoteAsync(row, data.RootElement, values, cancellation);
            case OutboxKinds.MailWalletLow or OutboxKinds.MailAlert when IsStale(row):
                return MailContent.Nothing;
            case OutboxKinds.MailWalletLow:
                MailValues.AddWallet(values, data.RootElement, figures);
                return new MailContent(MailOccasion.WalletLow, values);
            case OutboxKinds.MailAlert:
                MailValues.AddAlert(values, data.RootElement, figures);
                return new MailContent(MailOccasion.Alert, values);
            default:
                return MailContent.Of(OutboxOutcome.GiveUp($"There is no mail of the kind {row.Kind}."));
        }
    }

    private async ValueTask<MailContent> InvoiceAsync(
        OutboxMessage row, JsonElement data, Dictionary<string, string> values, CancellationToken cancellation)
    {
        if (!InvoiceId.TryCreate(MailValues.Text(data, "invoice_id"), out InvoiceId id))
            return MailContent.Of(OutboxOutcome.GiveUp("The row names no invoice."));
        if (await facts.FindInvoiceAsync(row.CustomerId, id, cancellation) is not { } found)
            return MailContent.Of(OutboxOutcome.GiveUp($"The customer has no invoice {id}."));
        bool isReminder = row.Kind == OutboxKinds.MailReminder;
        if (found.Standing.Status == InvoiceStatus.Void || (isReminder && !InvoiceContent.Due(found.Invoice, found.Standing).IsPositive))
            return MailContent.Nothing;
        AddSeller(values, found.Invoice.Recorded.Seller);
        MailValues.AddInvoice(values, found, figures, options.PaymentNotes);
        return new MailContent(isReminder ? MailOccasion.Reminder : MailOccasion.Invoice, values)
        {
            Document = documents.Print(found.Invoice, found.Standing),
        };
    }

    private async ValueTask<MailContent> CreditNoteAsync(
        OutboxMessage row, JsonElement data, Dictionary<string, string> values, CancellationToken cancellation)
    {
        if (!InvoiceId.TryCreate(MailValues.Text(data, "invoice_id"), out InvoiceId id)
            || !CreditNoteNumber.TryCreate(MailValues.Text(data, "credit_note"), out CreditNoteNumber number))
            return MailContent.Of(OutboxOutcome.GiveUp("The row names no credit note."));
        if (await facts.FindCreditNoteAsync(row.CustomerId, id, number, cancellation) is not { } note)
            return MailContent.Of(OutboxOutcome.GiveUp($"The invoice {id} has no credit note {number}."));
        AddSeller(values, note.Seller);
        MailValues.AddCreditNote(values, note, figures);
        return new MailContent(MailOccasion.CreditNote, values) { Document = documents.Print(note) };
    }

    private bool IsStale(OutboxMessage row) => Instant.FromDateTimeOffset(time.GetUtcNow()) - row.CreatedAt > options.NewsAgeMax;

    private static void AddSeller(Dictionary<string, string> values, BillingProfile seller)
    {
        if (seller.LegalName.Length > 0)
            values["seller_name"] = seller.LegalName;
        if (seller.Email.Length > 0)
            values["seller_email"] = seller.Email;
    }

    /// <summary>What a mail says, or why there is none.</summary>
    private sealed record MailContent(MailOccasion Occasion, Dictionary<string, string> Values)
    {
        /// <summary>There is nothing to say any more.</summary>
        public static readonly MailContent Nothing = Of(OutboxOutcome.DoneWithin());

        public InvoiceDocument? Document { get; init; }

        public OutboxOutcome? Otherwise { get; private init; }

        public static MailContent Of(OutboxOutcome otherwise) => new(default, []) { Otherwise = otherwise };
    }
}
