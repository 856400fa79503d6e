using System.Collections.Frozen;
using Metering.Core.Usage;

namespace Metering.Api.Problems;

/// <summary>
/// The one table of codes: what HTTP status and title each has, and whether sending the same again may help. A code once published keeps
/// its meaning.
/// </summary>
public static class ProblemCodes
{
    public const string RateLimited = "rate_limited";
    public const string Unauthorized = "unauthorized";
    public const string Forbidden = "forbidden";
    public const string InvalidEvent = "invalid_event";
    public const string InvalidRequest = "invalid_request";
    public const string Overloaded = "overloaded";
    public const string Unavailable = "unavailable";
    public const string CustomerNotFound = "customer_not_found";
    public const string CustomerSuspended = "customer_suspended";
    public const string UnknownMeter = "unknown_meter";
    public const string NoPrice = "no_price";
    public const string TooOld = "too_old";
    public const string InFuture = "in_future";
    public const string OutOfRange = "out_of_range";
    public const string TooManyValues = "too_many_values";
    public const string LimitExceeded = "limit_exceeded";
    public const string InsufficientCredits = "insufficient_credits";
    public const string PayloadTooLarge = "payload_too_large";
    public const string RequestTimeout = "request_timeout";
    public const string UnsupportedMediaType = "unsupported_media_type";
    public const string NotFound = "not_found";
    public const string MethodNotAllowed = "method_not_allowed";
    public const string InternalError = "internal_error";
    public const string IdempotencyKeyReused = "idempotency_key_reused";
    public const string HoldNotFound = "hold_not_found";
    public const string HoldExists = "hold_exists";
    public const string HoldClosed = "hold_closed";
    public const string ExceedsHold = "exceeds_hold";
    public const string AlreadyExpired = "already_expired";
    public const string TopUpNotFound = "top_up_not_found";
    public const string TopUpClosed = "top_up_closed";
    public const string TooMany = "too_many";
    public const string InvalidMeter = "invalid_meter";
    public const string InvalidPlan = "invalid_plan";
    public const string MeterInUse = "meter_in_use";
    public const string MeterNotFound = "meter_not_found";
    public const string PlanNotFound = "plan_not_found";
    public const string CustomerExists = "customer_exists";
    public const string ProjectNotFound = "project_not_found";
    public const string ProjectExists = "project_exists";
    public const string KeyNotFound = "key_not_found";
    public const string KeyExists = "key_exists";
    public const string KeyRevoked = "key_revoked";
    public const string LastOperatorKey = "last_operator_key";
    public const string LoadTestRunning = "load_test_running";
    public const string TooManyRows = "too_many_rows";
    public const string CurrencyMismatch = "currency_mismatch";
    public const string WebhookEndpointNotFound = "webhook_endpoint_not_found";
    public const string WebhookEndpointDisabled = "webhook_endpoint_disabled";
    public const string WebhookDeliveryNotFound = "webhook_delivery_not_found";
    public const string NotABillingPeriod = "not_a_billing_period";
    public const string InvoiceNotPossible = "invoice_not_possible";
    public const string InvoiceNotFound = "invoice_not_found";
    public const string IllegalStatusMove = "illegal_status_move";
    public const string InvoiceVoid = "invoice_void";
    public const string InvalidCreditAmount = "invalid_credit_amount";
    public const string ExceedsInvoice = "exceeds_invoice";
    public const string CreditNoteNotFound = "credit_note_not_found";
    public const string CouponNotFound = "coupon_not_found";
    public const string CouponApplied = "coupon_applied";
    public const string TaxRateNotFound = "tax_rate_not_found";
    public const string ExchangeRateNotFound = "exchange_rate_not_found";
    public const string PaymentDeclined = "payment_declined";
    public const string PaymentUnavailable = "payment_unavailable";
    public const string PaymentNotPossible = "payment_not_possible";
    public const string InvalidSignature = "invalid_signature";

    private static readonly FrozenDictionary<string, ProblemKind> Kinds = new ProblemKind[]
    {
        new(RateLimited, 429, "Too many requests", true),
        new(Unauthorized, 401, "No valid key", false),
        new(Forbidden, 403, "The key may not do this", false),
        new(InvalidEvent, 400, "The events are malformed", false),
        new(InvalidRequest, 400, "The request is malformed", false),
        new(Overloaded, 503, "Too much work in flight", true),
        new(Unavailable, 503, "Temporarily unavailable", true),
        new(CustomerNotFound, 404, "No such customer", false),
        new(CustomerSuspended, 403, "The customer is suspended", false),
        new(UnknownMeter, 422, "No meter counts events of this type", false),
        new(NoPrice, 422, "The plan has no price for this", false),
        new(TooOld, 422, "The event is too old", false),
        new(InFuture, 422, "The event lies in the future", false),
        new(OutOfRange, 422, "A number is out of range", false),
        new(TooManyValues, 422, "Too many different values", false),
        new(LimitExceeded, 429, "A limit of the plan is reached", true),
        new(InsufficientCredits, 402, "Not enough credits", true),
        new(PayloadTooLarge, 413, "The request is too large", false),
        new(RequestTimeout, 408, "The request took too long to arrive", true),
        new(UnsupportedMediaType, 415, "The content type is not supported", false),
        new(NotFound, 404, "Not found", false),
        new(MethodNotAllowed, 405, "The method is not allowed here", false),
        new(InternalError, 500, "Something went wrong here", true),
        new(IdempotencyKeyReused, 422, "The idempotency key was used for another request", false),
        new(HoldNotFound, 404, "No such hold", false),
        new(HoldExists, 409, "A hold of this id exists", false),
        new(HoldClosed, 409, "The hold is closed", false),
        new(ExceedsHold, 422, "More than the hold has left", false),
        new(AlreadyExpired, 422, "The expiry is in the past", false),
        new(TopUpNotFound, 404, "No such top-up", false),
        new(TopUpClosed, 409, "The top-up is closed", false),
        new(TooMany, 422, "Too many open items", true),
        new(InvalidMeter, 422, "The meter is not valid", false),
        new(InvalidPlan, 422, "The plan is not valid", false),
        new(MeterInUse, 409, "The meter has been used", false),
        new(MeterNotFound, 404, "No such meter", false),
        new(PlanNotFound, 404, "No such plan", false),
        new(CustomerExists, 409, "A customer of this id exists", false),
        new(ProjectNotFound, 404, "No such project", false),
        new(ProjectExists, 409, "A project of this id exists", false),
        new(KeyNotFound, 404, "No such key", false),
        new(KeyExists, 409, "The key exists", false),
        new(KeyRevoked, 409, "The key is revoked", false),
        new(LastOperatorKey, 409, "The operator has no other key", false),
        new(LoadTestRunning, 409, "Another load test runs", true),
        new(TooManyRows, 422, "The range has too many rows for one answer", false),
        new(WebhookEndpointNotFound, 404, "No such webhook endpoint", false),
        new(WebhookEndpointDisabled, 409, "The webhook endpoint is turned off", false),
        new(WebhookDeliveryNotFound, 404, "No such delivery", false),
        new(CurrencyMismatch, 422, "The plan has no prices in the currency", false),
        new(NotABillingPeriod, 422, "Not a billing period of the project", false),
        new(InvoiceNotPossible, 422, "The invoice cannot be made", true),
        new(InvoiceNotFound, 404, "No such invoice", false),
        new(IllegalStatusMove, 409, "The invoice's status cannot change so", false),
        new(InvoiceVoid, 409, "The invoice is void", false),
        new(InvalidCreditAmount, 422, "Not an amount that can be credited", false),
        new(ExceedsInvoice, 422, "More than the invoice has left", false),
        new(CreditNoteNotFound, 404, "No such credit note", false),
        new(CouponNotFound, 404, "No such coupon", false),
        new(CouponApplied, 409, "The customer has the coupon", false),
        new(TaxRateNotFound, 404, "No such tax rate", false),
        new(ExchangeRateNotFound, 404, "No such exchange rate", false),
        new(PaymentDeclined, 402, "The payment was declined", true),
        new(PaymentUnavailable, 503, "The payment gateway is away", true),
        new(PaymentNotPossible, 422, "The payment gateway cannot do this", false),
        new(InvalidSignature, 400, "The signature is not valid", false),
    }.ToFrozenDictionary(kind => kind.Code, StringComparer.Ordinal);

    /// <summary>Every kind of problem.</summary>
    public static IReadOnlyCollection<ProblemKind> All => Kinds.Values;

    /// <summary>The kind of a code.</summary>
    /// <exception cref="ArgumentException">The table has no such code: a bug.</exception>
    public static ProblemKind Find(string code) =>
        Kinds.TryGetValue(code, out ProblemKind? kind) ? kind : throw new ArgumentException($"'{code}' is not in the table.", nameof(code));

    /// <summary>The code of a refused event.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The event was not refused.</exception>
    public static string Of(EventCode code) => code switch
    {
        EventCode.Unavailable => Unavailable,
        EventCode.CustomerNotFound => CustomerNotFound,
        EventCode.CustomerSuspended => CustomerSuspended,
        EventCode.UnknownMeter => UnknownMeter,
        EventCode.NoPrice => NoPrice,
        EventCode.TooOld => TooOld,
        EventCode.InFuture => InFuture,
        EventCode.OutOfRange => OutOfRange,
        EventCode.TooManyValues => TooManyValues,
        EventCode.LimitExceeded => LimitExceeded,
        EventCode.InsufficientCredits => InsufficientCredits,
        _ => throw new ArgumentOutOfRangeException(nameof(code), code, "The event was not refused."),
    };
}
