using System.Globalization;
using Metering.Core.Catalog;

namespace Metering.Delivery.Mail;

/// <summary>From whom mails come, and in which words.</summary>
public sealed class MailOptions
{
    /// <summary>The sender: of the header and of the envelope, so that failures come back to it.</summary>
    public required MailAddress From { get; init; }

    /// <summary>The sender's name; empty for none. Default: none.</summary>
    public string FromName { get; init; } = "";

    /// <summary>Where answers go; null for the sender. Default: none.</summary>
    public MailAddress? ReplyTo { get; init; }

    /// <summary>The folder of the operator's templates; null for the shipped ones. Default: none.</summary>
    public string? TemplateFolder { get; init; }

    /// <summary>How numbers, money and dates are written. Default: <c>en</c>.</summary>
    public CultureInfo Culture { get; init; } = CultureInfo.GetCultureInfo("en");

    /// <summary>How to pay, in mails about what is to be paid. Default: nothing.</summary>
    public ValueList<string> PaymentNotes { get; init; } = [];

    /// <summary>A mail of an alert or a low wallet is not sent any more once its cause is this old. Default: 1 day.</summary>
    public TimeSpan NewsAgeMax { get; init; } = TimeSpan.FromDays(1);

    /// <summary>Reads the templates to see whether they are without fault.</summary>
    /// <exception cref="ArgumentException">They are not; all faults are named at once.</exception>
    public void Validate() => MailTemplates.Load(TemplateFolder);
}
