using System.Collections;
using Metering.Delivery.Mail.Smtp;
using Metering.Delivery.Pdf;
using Metering.Delivery.Stripe;
using Metering.Server.Settings;

namespace Metering.Api.Tests.Server;

public sealed class DeliverySettingsTests
{
    [Fact]
    public void Seller_documents_and_mail_are_read()
    {
        ServerSettings settings = Read(
            ("seller_name", "Example GmbH"), ("seller_address", "Street 1\nSecond floor"),
            ("documents_paper", "letter"), ("documents_culture", "de"), ("payment_notes", "IBAN DE89\nBIC X"),
            ("mail_host", "smtp.example.com"), ("mail_security", "tls"), ("mail_port", "465"), ("mail_from", "billing@example.com"));

        Assert.Equal("Example GmbH", settings.Seller.LegalName);
        Assert.Equal(["Street 1", "Second floor"], settings.Seller.AddressLines);
        Assert.Equal(PaperSize.Letter, settings.Documents.Paper);
        Assert.Equal("de", settings.Documents.Culture.Name);
        Assert.Equal(["IBAN DE89", "BIC X"], settings.Documents.PaymentNotes);
        Assert.Equal((SmtpSecurity.Tls, 465), (settings.Mail!.Server.Security, settings.Mail.Server.Port));
        Assert.Equal("Example GmbH", settings.Mail.Options.FromName);
    }

    [Fact]
    public void Mail_is_off_without_a_host() => Assert.Null(Read(("mail_from", "billing@example.com")).Mail);

    [Theory]
    [InlineData("mail_from", "mail_host", "smtp.example.com")]
    [InlineData("mail_from", "mail_from", "nobody")]
    [InlineData("mail_security", "mail_security", "perhaps")]
    [InlineData("documents_paper", "documents_paper", "a5")]
    [InlineData("documents_culture", "documents_culture", "klingon-1")]
    [InlineData("documents_logo", "documents_logo", "there/is/no/logo.png")]
    public void Faults_are_named(string named, string name, string text) => Assert.Contains(
        Assert.Throws<SettingsException>(() => Read((name, text))).Faults, fault => fault.StartsWith(named, StringComparison.Ordinal));

    [Fact]
    public void Mail_with_a_password_in_clear_or_a_folder_that_is_not_there_is_refused()
    {
        IReadOnlyList<string> faults = Assert.Throws<SettingsException>(() => Read(
            ("mail_host", "smtp.example.com"), ("mail_from", "a@example.com"), ("mail_security", "none"), ("mail_user", "u"),
            ("mail_password", "p"), ("mail_templates", "there/is/no/folder"))).Faults;
        Assert.Contains(faults, fault => fault.StartsWith("mail_host", StringComparison.Ordinal));
        Assert.Contains(faults, fault => fault.StartsWith("mail_templates", StringComparison.Ordinal));
    }

    [Fact]
    public void Stripe_is_off_without_a_secret_key_and_read_with_one()
    {
        Assert.Null(Read(("stripe_webhook_secrets", "whsec_1")).Stripe);
        StripeOptions stripe = Read(
            ("stripe_secret_key", "sk_test_1"), ("stripe_webhook_secrets", "whsec_1 whsec_2"), ("stripe_version", "2030-01-01.x"),
            ("stripe_base_address", "http://127.0.0.1:9"), ("stripe_timeout_seconds", "7"), ("stripe_retries_max", "0"),
            ("stripe_webhook_tolerance_seconds", "60")).Stripe!;
        Assert.Equal(
            ("sk_test_1", "2030-01-01.x", new Uri("http://127.0.0.1:9"), 7d, 0, 60d),
            (stripe.SecretKey, stripe.Version, stripe.BaseAddress, stripe.RequestTimeout.TotalSeconds, stripe.RetriesMax,
                stripe.WebhookTolerance.TotalSeconds));
        Assert.Equal(["whsec_1", "whsec_2"], stripe.WebhookSecrets);

        var environment = new Hashtable { ["STRIPE_SECRET_KEY"] = "sk_test_2", ["STRIPE_WEBHOOK_SECRET"] = "whsec_3" };
        stripe = SettingsReader.Read(null, environment, new Dictionary<string, string>()).Stripe!;
        Assert.Equal("sk_test_2", stripe.SecretKey);
        Assert.Equal(["whsec_3"], stripe.WebhookSecrets);
        Assert.Equal((StripeOptions.DefaultVersion, new Uri("https://api.stripe.com")), (stripe.Version, stripe.BaseAddress));
    }

    [Theory]
    [InlineData("stripe_base_address", "stripe_base_address", "nowhere")]
    [InlineData("stripe_secret_key", "stripe_base_address", "http://stripe.example.com")]
    [InlineData("stripe_secret_key", "stripe_secret_key", "sk test")]
    [InlineData("stripe_timeout_seconds", "stripe_timeout_seconds", "0")]
    [InlineData("stripe_retries_max", "stripe_retries_max", "11")]
    [InlineData("stripe_webhook_tolerance_seconds", "stripe_webhook_tolerance_seconds", "soon")]
    [InlineData("dunning_days", "dunning_days", "1 soon")]
    [InlineData("dunning_days", "dunning_days", "3 1")]
    public void Faults_of_payments_are_named(string named, string name, string text) => Assert.Contains(
        Assert.Throws<SettingsException>(() => Read((name, text))).Faults, fault => fault.StartsWith(named, StringComparison.Ordinal));

    [Fact]
    public void Dunning_and_whether_past_due_suspends_are_read()
    {
        Assert.Equal([1, 3, 5, 7], Read().Dunning.Days);
        Assert.Equal([2, 9], Read(("dunning_days", "2 9")).Dunning.Days);
        Assert.Empty(Read(("dunning_days", "none")).Dunning.Days);
        Assert.False(Read().PastDueSuspends);
        Assert.True(Read(("past_due_suspends", "true")).PastDueSuspends);
    }

    private static ServerSettings Read(params (string Name, string Text)[] options) =>
        SettingsReader.Read(null, new Hashtable(), options.ToDictionary(option => option.Name, option => option.Text));
}
