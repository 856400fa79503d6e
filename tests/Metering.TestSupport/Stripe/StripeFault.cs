namespace Metering.TestSupport.Stripe;

/// <summary>What goes wrong with a request to the stand-in.</summary>
public enum StripeFault
{
    /// <summary>Nothing.</summary>
    None = 0,

    /// <summary>429 with <c>Retry-After: 0</c>; nothing was done.</summary>
    TooManyRequests = 1,

    /// <summary>409 <c>lock_timeout</c>; nothing was done.</summary>
    Locked = 2,

    /// <summary>503; nothing was done.</summary>
    Unavailable = 3,

    /// <summary>500 after the work was done; the same key gets its result.</summary>
    ErrorAfterWork = 4,

    /// <summary>The connection breaks before anything was done.</summary>
    CutBeforeWork = 5,

    /// <summary>The connection breaks after the work was done.</summary>
    CutAfterWork = 6,

    /// <summary>Nothing is done and nothing is answered.</summary>
    HangBeforeWork = 7,

    /// <summary>The work is done and nothing is answered.</summary>
    HangAfterWork = 8,

    /// <summary>A success whose body ends in the middle.</summary>
    TornAnswer = 9,

    /// <summary>500 before any work, which the same key gets again and again; the header says that trying again is no use.</summary>
    SavedError = 10,
}

/// <summary>A request to the stand-in.</summary>
/// <param name="Number">Which, counted from 1.</param>
/// <param name="Method">GET or POST.</param>
/// <param name="Path">Without the query.</param>
/// <param name="IdempotencyKey">Of a POST.</param>
public sealed record StripeCall(int Number, string Method, string Path, string? IdempotencyKey);

/// <summary>Money that the stand-in has taken.</summary>
/// <param name="Customer">The stand-in's customer.</param>
/// <param name="Amount">In the API's unit.</param>
/// <param name="Currency">Lower case.</param>
/// <param name="For">The stand-in's invoice or payment intent.</param>
/// <param name="Metadata">Our id of what it was for: an invoice or a top-up.</param>
public sealed record StripeCharge(string Customer, long Amount, string Currency, string For, string Metadata);

/// <summary>Money that the stand-in has given back.</summary>
public sealed record StripeRefund(string Invoice, long Amount, string CreditNote);

/// <summary>An answer with a status that is an error.</summary>
internal sealed class StripeRefusal(int status, string type, string message, string? code = null, string? declineCode = null)
    : Exception(message)
{
    public int Status => status;

    public string Type => type;

    public string? Code => code;

    public string? DeclineCode => declineCode;

    /// <summary>The payment intent that was declined.</summary>
    public System.Text.Json.Nodes.JsonObject? Intent { get; init; }

    public static StripeRefusal Invalid(string message, string? code = null) => new(400, "invalid_request_error", message, code);

    public static StripeRefusal Missing(string id) => new(404, "invalid_request_error", $"No such thing: '{id}'", "resource_missing");
}
