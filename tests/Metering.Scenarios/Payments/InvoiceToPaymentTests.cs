using System.Text;
using System.Text.Json;
using Metering.Delivery.Mail;
using Metering.Delivery.Mail.Smtp;
using Metering.Scenarios.Support;
using Metering.Server.Settings;
using Metering.TestSupport.Mail;
using Metering.TestSupport.Stripe;

namespace Metering.Scenarios.Payments;

/// <summary>The whole way of an invoice, with stand-ins where it leaves the house.</summary>
public sealed class InvoiceToPaymentTests
{
    private static readonly Month january = new(new DateTimeOffset(2025, 1, 1, 0, 0, 0, TimeSpan.Zero));

    [Fact]
    public async Task A_closed_period_is_issued_mailed_with_its_PDF_charged_and_paid_by_Stripes_webhook_and_an_endpoint_is_told()
    {
        var standInTime = new BillingClock(january.Start);
        await using StripeStandIn stripe = await StripeStandIn.StartAsync(standInTime);
        await using var smtp = new SmtpStandIn();
        await using WebhookReceiver receiver = await WebhookReceiver.StartAsync();
        BillingServer server = await StartAsync(stripe, smtp);
        try
        {
            string project = await PayerAsync(server, stripe);
            (await server.Operator.PostAsync(
                "/v1/webhooks/endpoints", new { url = receiver.Url, kinds = new[] { "invoice.issued", "invoice.paid" } })).Expect(201);
            await server.UseAsync(project, "usage.participant_minutes", 1_000);
            // Stripe charges, and its answer is lost; then it is away. So only its webhook can say that it was paid.
            stripe.Faults = call => call.Path.EndsWith("/pay", StringComparison.Ordinal) ? StripeFault.CutAfterWork
                : stripe.Charges.Count > 0 ? StripeFault.Unavailable : StripeFault.None;

            standInTime.MoveTo(january.Closed);
            Bill bill = await server.CloseAsync(project, january);
            await Story.UntilAsync(() => Task.FromResult(stripe.Charges.Count), count => count == 1);
            MailReader mail = MailReader.Read((await Story.UntilAsync(() => Task.FromResult(Mails()), mails => mails.Length == 1))[0]);
            await Story.UntilAsync(() => Task.FromResult(Told()), told => told.SequenceEqual(["invoice.issued"]));
            Assert.Equal("issued", (await ReadAsync(server, bill)).Status);

            using var http = new HttpClient();
            string paid = stripe.Events.Single(body => body.Contains("\"invoice.paid\"", StringComparison.Ordinal));
            for (int time = 0; time < 2; time++)
            {
                HttpResponseMessage taken = await stripe.SendAsync(http, new Uri(server.Address, "/v1/webhooks/stripe"), paid);
                Assert.Equal(200, (int)taken.StatusCode);
            }

            Assert.Equal("paid", (await ReadAsync(server, bill)).Status);
            string[] told = await Story.UntilAsync(() => Task.FromResult(Told()), kinds => kinds.Length == 2);
            Assert.Equal(["invoice.issued", "invoice.paid"], told);

            await ComeBackAsync(stripe, server);
            StripeCharge charge = Assert.Single(stripe.Charges);
            Assert.Equal((5_300, "usd", bill.Id), (charge.Amount, charge.Currency, charge.Metadata));
            Assert.Equal("53", bill.Total);
            CheckMail(mail, project, bill);
        }
        finally
        {
            await server.DisposeAsync();
        }

        string[] Mails()
        {
            lock (smtp.Mails)
                return [.. smtp.Mails];
        }

        string[] Told() => [.. receiver.Hooks.Select(hook => JsonDocument.Parse(hook.Body).RootElement.GetProperty("type").GetString()!)];
    }

    private static async Task<BillingServer> StartAsync(StripeStandIn stripe, SmtpStandIn smtp)
    {
        Assert.True(MailAddress.TryParse("billing@grid.example", out MailAddress? from));
        var server = new BillingServer(january.Start)
        {
            Configure = settings => settings with
            {
                Stripe = BillingProcess.StripeAt(stripe.Address),
                Mail = new MailSettings(
                    new SmtpOptions { Host = "127.0.0.1", Port = smtp.Port, Security = SmtpSecurity.None },
                    new MailOptions { From = from }),
                WebhookPrivateAddresses = true,
            },
        };
        await server.InitializeAsync();
        return server;
    }

    private static async Task<string> PayerAsync(BillingServer server, StripeStandIn stripe)
    {
        string project = await server.CustomerAsync("media-pro");
        (await server.Operator.PostAsync("/v1/billing/stripe/customer", new { org_id = project })).Expect(200);
        stripe.AddPaymentMethod("pm_1");
        (await server.Operator.PostAsync(
            "/v1/billing/stripe/payment-method", new { org_id = project, payment_method_id = "pm_1" })).Expect(200);
        return project;
    }

    /// <summary>Stripe is there again: what was tried while it was away finds it paid, and charges nothing.</summary>
    private static async Task ComeBackAsync(StripeStandIn stripe, BillingServer server)
    {
        stripe.Faults = _ => StripeFault.None;
        int calls = stripe.Calls.Count;
        await Story.UntilAsync(
            () =>
            {
                server.Clock.MoveTo(server.Clock.GetUtcNow().AddSeconds(30));
                return Task.FromResult(stripe.Calls.Count);
            },
            count => count > calls);
    }

    private static async Task<Bill> ReadAsync(BillingServer server, Bill bill) =>
        Bill.Of((await server.Operator.GetAsync($"/v1/billing/invoice/{bill.Id}")).Expect(200));

    private static void CheckMail(MailReader mail, string project, Bill bill)
    {
        Assert.Contains($"{project}@example.org", mail.Header("To"), StringComparison.Ordinal);
        Assert.Contains("billing@grid.example", mail.Header("From"), StringComparison.Ordinal);
        Assert.Contains(bill.Text("legal_number"), mail.Decoded("Subject"), StringComparison.Ordinal);
        MailReader document = mail.Parts.Single(
            part => part.Header("Content-Type").StartsWith("application/pdf", StringComparison.Ordinal));
        Assert.StartsWith("%PDF", Encoding.Latin1.GetString(document.Content), StringComparison.Ordinal);
    }
}
