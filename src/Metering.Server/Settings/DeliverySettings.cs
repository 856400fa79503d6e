using System.Globalization;
using Metering.Core.Catalog;
using Metering.Delivery.Mail;
using Metering.Delivery.Mail.Smtp;
using Metering.Delivery.Pdf;
using Microsoft.Extensions.Logging.Abstractions;

namespace Metering.Server.Settings;

/// <summary>Reads what documents and mails depend on.</summary>
internal static class DeliverySettings
{
    public static DocumentOptions Documents(SettingValues values)
    {
        var options = new DocumentOptions
        {
            Paper = Word(values, "documents_paper", PaperSize.A4),
            Culture = Culture(values),
            LogoPath = values.Text("documents_logo") is { } logo ? Path.GetFullPath(logo) : null,
            FontPaths = values.Lines("documents_fonts").Select(Path.GetFullPath).ToValueList(),
            PaymentNotes = values.Lines("payment_notes").ToValueList(),
        };
        // Files are read once here, so that a wrong one is named with all other faults.
        if (options.LogoPath is not null || options.FontPaths.Count > 0)
            Try(values, "documents_logo and documents_fonts", () => _ = new PdfDocuments(options, NullLogger<PdfDocuments>.Instance));
        return options;
    }

    public static MailSettings? Mail(SettingValues values)
    {
        string? host = values.Text("mail_host");
        var server = new SmtpOptions
        {
            Host = host ?? "",
            Port = values.Number("mail_port", 587, 1, 65_535),
            Security = Word(values, "mail_security", SmtpSecurity.StartTls),
            User = values.Text("mail_user"),
            Password = values.Text("mail_password"),
        };
        MailAddress? from = Address(values, "mail_from");
        string name = values.Text("mail_from_name") ?? values.Text("seller_name") ?? "";
        MailAddress? replies = Address(values, "mail_reply_to");
        string? folder = values.Text("mail_templates") is { } templates ? Path.GetFullPath(templates) : null;
        if (host is null)
            return null;
        Try(values, "mail_host", () => _ = new SmtpMailSender(server));
        if (from is null)
        {
            values.Fault("mail_from", "must be an address such as billing@example.com: mail_host is set");
            return null;
        }

        var options = new MailOptions
        {
            From = from,
            FromName = name,
            ReplyTo = replies,
            TemplateFolder = folder,
            Culture = Culture(values),
            PaymentNotes = values.Lines("payment_notes").ToValueList(),
        };
        Try(values, "mail_templates", options.Validate);
        return new MailSettings(server, options);
    }

    private static void Try(SettingValues values, string name, Action check)
    {
        try
        {
            check();
        }
        catch (ArgumentException wrong)
        {
            values.Fault(name, wrong.Message);
        }
    }

    private static MailAddress? Address(SettingValues values, string name)
    {
        if (values.Text(name) is not { } text)
            return null;
        if (MailAddress.TryParse(text, out MailAddress? address))
            return address;
        values.Fault(name, $"must be an address such as billing@example.com, not '{text}'");
        return null;
    }

    private static CultureInfo Culture(SettingValues values)
    {
        string name = values.Text("documents_culture") ?? "en";
        try
        {
            return CultureInfo.GetCultureInfo(name, predefinedOnly: true);
        }
        catch (CultureNotFoundException)
        {
            if (!values.Faults.Exists(fault => fault.StartsWith("documents_culture", StringComparison.Ordinal)))
                values.Fault("documents_culture", $"must be a culture such as en, en-US or de, not '{name}'");
            return CultureInfo.InvariantCulture;
        }
    }

    private static T Word<T>(SettingValues values, string name, T otherwise)
        where T : struct, Enum
    {
        if (values.Text(name) is not { } text)
            return otherwise;
        if (Enum.TryParse(text, ignoreCase: true, out T word) && Enum.IsDefined(word))
            return word;
        values.Fault(name, $"must be one of {string.Join(", ", Enum.GetNames<T>()).ToLowerInvariant()}, not '{text}'");
        return otherwise;
    }
}
