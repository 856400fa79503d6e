using Metering.Core.Ids;
using Metering.Core.Invoicing;
using Metering.Core.Money;
using Metering.Core.Time;
using Metering.Delivery.Mail;
using Metering.Delivery.Mail.Smtp;
using Metering.Delivery.Outbox;
using Metering.Delivery.Pdf;
using Metering.Grid.Documents;
using Metering.Grid.Outbox;
using Microsoft.Extensions.Logging.Abstractions;
using Metering.TestSupport.Mail;

namespace Metering.Delivery.Tests.Mail;

public sealed class MailHandlerTests : IMailFacts
{
    private const string Invoice = """{"invoice_id":"inv_acme_20250101"}""";

    private MailRecipient? recipient = new("Acme Corporation", "ap@acme.example");
    private InvoiceFacts? invoice = new(Samples.Usual(), new InvoiceStanding(InvoiceStatus.Issued, Amount.Zero));

    [Fact]
    public async Task Issued_invoice_is_mailed_with_its_document()
    {
        await using var server = new SmtpStandIn();
        MailHandler handler = Handler(server);

        OutboxOutcome outcome = await handler.HandleAsync(Claim(OutboxKinds.MailInvoice, Invoice), default);

        Assert.Equal(OutboxVerdict.Done, outcome.Verdict);
        MailReader mail = MailReader.Read(Assert.Single(server.Mails));
        Assert.Equal("Invoice P17-000123 from Meridian Compute GmbH", mail.Header("Subject"));
        Assert.Equal("<evt_1@meridian.example>", mail.Header("Message-ID"));
        Assert.Contains("EUR\u00A0384.82", mail.Parts[0].Parts[0].Text, StringComparison.Ordinal);
        Assert.Contains("Jan 1 – 31, 2025", mail.Parts[0].Parts[1].Text, StringComparison.Ordinal);
        Assert.Equal(Documents().Print(invoice!.Invoice, invoice.Standing).Bytes, mail.Parts[1].Content);
    }

    [Fact]
    public async Task Mail_whose_acceptance_was_lost_is_sent_again_with_the_same_message_id()
    {
        await using SmtpStandIn server = new SmtpStandIn().Answer(".", SmtpStandIn.CutAfterTaking);
        MailHandler handler = Handler(server);
        OutboxClaim claim = Claim(OutboxKinds.MailInvoice, Invoice);

        Assert.Equal(OutboxVerdict.Retry, (await handler.HandleAsync(claim, default)).Verdict);
        Assert.Equal(OutboxVerdict.Done, (await handler.HandleAsync(claim, default)).Verdict);

        Assert.Equal(2, server.Mails.Count);
        Assert.Single(server.Mails.Select(mail => MailReader.Read(mail).Header("Message-ID")).Distinct());
    }

    [Theory]
    [InlineData("451 later", OutboxVerdict.Retry)]
    [InlineData("554 never", OutboxVerdict.GiveUp)]
    public async Task Refusal_keeps_what_the_server_said(string reply, OutboxVerdict verdict)
    {
        await using SmtpStandIn server = new SmtpStandIn().Answer(".", reply);
        OutboxOutcome outcome = await Handler(server).HandleAsync(Claim(OutboxKinds.MailInvoice, Invoice), default);
        Assert.Equal(verdict, outcome.Verdict);
        Assert.Contains(reply, outcome.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(InvoiceStatus.Overdue, "0", 1)]
    [InlineData(InvoiceStatus.Overdue, "384.82", 0)]
    [InlineData(InvoiceStatus.Paid, "0", 0)]
    [InlineData(InvoiceStatus.Void, "0", 0)]
    public async Task Reminder_is_sent_only_while_something_is_to_be_paid(InvoiceStatus status, string credited, int mails)
    {
        await using var server = new SmtpStandIn();
        invoice = new InvoiceFacts(Samples.Usual(), new InvoiceStanding(status, Samples.Of(credited)));

        OutboxOutcome outcome = await Handler(server).HandleAsync(Claim(OutboxKinds.MailReminder, Invoice), default);

        Assert.Equal(OutboxVerdict.Done, outcome.Verdict);
        Assert.Equal(mails, server.Mails.Count);
        Assert.All(server.Mails, mail => Assert.Equal(
            "Reminder: invoice P17-000123 was due on Mar 3, 2025", MailReader.Read(mail).Header("Subject")));
    }

    [Fact]
    public async Task Credit_note_is_mailed_with_its_document()
    {
        await using var server = new SmtpStandIn();
        OutboxClaim claim = Claim(OutboxKinds.MailCreditNote, """{"invoice_id":"inv_acme_20250101","credit_note":"P17-C000001"}""");
        Assert.Equal(OutboxVerdict.Done, (await Handler(server).HandleAsync(claim, default)).Verdict);
        MailReader mail = MailReader.Read(Assert.Single(server.Mails));
        Assert.Equal("Credit note P17-C000001 for invoice P17-000123", mail.Header("Subject"));
        Assert.Equal(Documents().Print(Samples.CreditNote()).Bytes, mail.Parts[1].Content);
    }

    [Theory]
    [InlineData(0, 1)]
    [InlineData(3, 0)]
    public async Task Alert_is_mailed_while_it_is_news(int daysOld, int mails)
    {
        await using var server = new SmtpStandIn();
        const string data = """
            {"project_id":"acme","metric_type":"api_calls","period":"month","threshold":80,"severity":"warning","current_usage":8000,
            "limit":10000,"percentage":80,"message":"api_calls is at 80 % of 10000"}
            """;
        OutboxClaim claim = Claim(OutboxKinds.MailAlert, data, Samples.At("2025-02-01T01:00:00Z") - TimeSpan.FromDays(daysOld));

        Assert.Equal(OutboxVerdict.Done, (await Handler(server).HandleAsync(claim, default)).Verdict);
        Assert.Equal(mails, server.Mails.Count);
        Assert.All(server.Mails,
            mail => Assert.Contains("8,000 of 10,000 (80%)", MailReader.Read(mail).Parts[0].Text, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Low_wallet_is_mailed_without_a_file()
    {
        await using var server = new SmtpStandIn();
        OutboxClaim claim = Claim(OutboxKinds.MailWalletLow, """{"available":"12.5","threshold":"50"}""");
        Assert.Equal(OutboxVerdict.Done, (await Handler(server).HandleAsync(claim, default)).Verdict);
        MailReader mail = MailReader.Read(Assert.Single(server.Mails));
        Assert.Contains("12.5 credits left, below its threshold of 50", mail.Parts[0].Text, StringComparison.Ordinal);
        Assert.Equal(2, mail.Parts.Count);
    }

    [Theory]
    [InlineData("")]
    [InlineData("ap@acme.example\r\nBcc: x@example.com")]
    public async Task Customer_without_an_address_is_given_up(string email)
    {
        await using var server = new SmtpStandIn();
        recipient = new MailRecipient("Acme", email);
        Assert.Equal(OutboxVerdict.GiveUp, (await Handler(server).HandleAsync(Claim(OutboxKinds.MailInvoice, Invoice), default)).Verdict);
        Assert.Empty(server.Commands);
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("""{"invoice_id":7}""")]
    [InlineData("""{"invoice_id":"inv_acme_20240101"}""")]
    public async Task Row_that_names_no_invoice_is_given_up(string data)
    {
        await using var server = new SmtpStandIn();
        Assert.Equal(OutboxVerdict.GiveUp, (await Handler(server).HandleAsync(Claim(OutboxKinds.MailInvoice, data), default)).Verdict);
    }

    [Fact]
    public async Task Markup_in_a_name_stays_text()
    {
        await using var server = new SmtpStandIn();
        recipient = new MailRecipient("<b>Acme</b> {{total}}", "ap@acme.example");
        await Handler(server).HandleAsync(Claim(OutboxKinds.MailInvoice, Invoice), default);
        MailReader mail = MailReader.Read(Assert.Single(server.Mails));
        Assert.Contains("Hello &lt;b&gt;Acme&lt;/b&gt; {{total}}", mail.Parts[0].Parts[1].Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(OutboxKinds.AlertRaised, OutboxKinds.MailAlert)]
    [InlineData(OutboxKinds.WalletLow, OutboxKinds.MailWalletLow)]
    [InlineData(OutboxKinds.InvoicePaid, null)]
    public void Mails_follow_from_events(string happened, string? kind)
    {
        OutboxMessage cause = Claim(happened, "{}").Message;
        Assert.Equal(kind, MailRows.Of(cause)?.Kind);
        Assert.Equal(MailRows.Of(cause), MailRows.Of(cause));
    }

    ValueTask<MailRecipient?> IMailFacts.FindRecipientAsync(string customerId, CancellationToken cancellation) => new(recipient);

    ValueTask<InvoiceFacts?> IMailFacts.FindInvoiceAsync(string customerId, InvoiceId id, CancellationToken cancellation) =>
        new(id == invoice?.Invoice.Id ? invoice : null);

    ValueTask<CreditNote?> IMailFacts.FindCreditNoteAsync(
        string customerId, InvoiceId id, CreditNoteNumber number, CancellationToken cancellation) =>
        new(number == Samples.CreditNote().Number ? Samples.CreditNote() : null);

    private static PdfDocuments Documents() => new(new DocumentOptions(), NullLogger<PdfDocuments>.Instance);

    private static OutboxClaim Claim(string kind, string data, Instant? createdAt = null)
    {
        Instant at = createdAt ?? Samples.At("2025-02-01T01:00:00Z");
        return new OutboxClaim(new OutboxMessage("evt_1", kind, 17, "acme", data, at), 1, at + TimeSpan.FromMinutes(1));
    }

    private MailHandler Handler(SmtpStandIn server)
    {
        var sender = new SmtpMailSender(
            new SmtpOptions { Host = "127.0.0.1", Port = server.Port, Security = SmtpSecurity.None, Timeout = TimeSpan.FromSeconds(5) });
        Assert.True(MailAddress.TryParse("billing@meridian.example", out MailAddress? from));
        return new MailHandler(sender, this, Documents(), new MailOptions { From = from, FromName = "Meridian" }, new FixedTime());
    }

    private sealed class FixedTime : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => new(2025, 2, 1, 1, 0, 7, TimeSpan.Zero);
    }
}
