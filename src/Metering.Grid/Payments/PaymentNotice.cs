using Metering.Core.Money;

namespace Metering.Grid.Payments;

/// <summary>What the gateway tells of its own accord.</summary>
public enum PaymentNoticeKind
{
    /// <summary>Something that nothing here depends on, or that is about somebody else.</summary>
    Other = 0,

    /// <summary>An invoice is paid.</summary>
    InvoicePaid = 1,

    /// <summary>An attempt to charge an invoice was declined; it is still to be paid.</summary>
    InvoiceDeclined = 2,

    /// <summary>An invoice was made void there.</summary>
    InvoiceVoided = 3,

    /// <summary>The charge of a top-up has moved: paid, or declined.</summary>
    TopUpMoved = 4,

    /// <summary>Money of a top-up was given back.</summary>
    TopUpRefunded = 5,

    /// <summary>Money of another charge was given back.</summary>
    ChargeRefunded = 6,
}

/// <summary>
/// A notice of the gateway, proved to come from it. Notices come in any order, and more than once.
/// </summary>
/// <param name="Kind">What it is about.</param>
/// <param name="EventId">The gateway's name for the notice; the same when it comes again.</param>
/// <param name="ExternalId">The gateway's name for the invoice or charge.</param>
public sealed record PaymentNotice(PaymentNoticeKind Kind, string EventId, string ExternalId)
{
    /// <summary>Our customer; empty where the gateway does not say.</summary>
    public string CustomerId { get; init; } = "";

    /// <summary>Our invoice; empty where it is about none.</summary>
    public string InvoiceId { get; init; } = "";

    /// <summary>Our top-up; empty where it is about none.</summary>
    public string TopUpId { get; init; } = "";

    /// <summary>Of a top-up: the credits that it is for; zero where the gateway does not say.</summary>
    public Amount Credits { get; init; }

    /// <summary>Of a refund: what the charge was, in its currency.</summary>
    public Amount Charged { get; init; }

    /// <summary>Of a refund: what has been given back of it in all.</summary>
    public Amount Refunded { get; init; }
}

/// <summary>Reads notices of the gateway.</summary>
public interface IPaymentNotices
{
    /// <summary>Proves and reads a notice.</summary>
    /// <param name="body">The body, byte for byte as it came.</param>
    /// <param name="signature">The gateway's signature, as it came beside the body.</param>
    /// <returns>Null where the signature is not the gateway's, or too old: nothing in the body is to be believed.</returns>
    PaymentNotice? Read(ReadOnlyMemory<byte> body, string? signature);
}
