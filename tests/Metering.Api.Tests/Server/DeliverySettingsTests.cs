using System.Collections;
using Metering.Delivery.Mail.Smtp;
using Metering.Delivery.Pdf;
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

    private static ServerSettings Read(params (string Name, string Text)[] options) =>
        SettingsReader.Read(null, new Hashtable(), options.ToDictionary(option => option.Name, option => option.Text));
}
