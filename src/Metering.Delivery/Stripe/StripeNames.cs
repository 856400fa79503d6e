using System.Security.Cryptography;
using System.Text;

namespace Metering.Delivery.Stripe;

/// <summary>
/// How our things are named at Stripe: metadata by which they are found again, and idempotency keys. The cluster is part of both, so that
/// two clusters that share an account never take each other's things for theirs.
/// </summary>
internal static class StripeNames
{
    public const string Cluster = "cluster";
    public const string CustomerId = "customer_id";
    public const string InvoiceId = "invoice_id";
    public const string Line = "invoice_line";
    public const string TopUpId = "top_up_id";
    public const string Credits = "credits";
    public const string CreditNoteId = "credit_note_id";

    /// <summary>
    /// An idempotency key: what is done, in clear, and a hash of what it is done for, which may be longer than a key and hold characters
    /// that a header must not.
    /// </summary>
    public static string Key(string does, params ReadOnlySpan<string> about)
    {
        var whole = new StringBuilder(does);
        foreach (string part in about)
            whole.Append('\n').Append(part);
        byte[] hash = SHA256.HashData(Encoding.UTF8.GetBytes(whole.ToString()));
        return $"metering-{does}-{Convert.ToHexStringLower(hash)}";
    }
}
