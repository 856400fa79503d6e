using Metering.Api.Json;
using Metering.Core.Invoicing;
using Metering.Core.Money;

namespace Metering.Api.Billing;

/// <summary>The body of <c>POST /v1/billing/{project}/invoice</c>. Each end is a date of the customer's time zone, as an end inclusive, or
/// an RFC 3339 time, as an end exclusive.</summary>
/// <param name="PeriodStart">The first day of a billing period.</param>
/// <param name="PeriodEnd">Its last day.</param>
public sealed record InvoiceRequest(string PeriodStart, string PeriodEnd)
{
    internal static InvoiceRequest? Read(BodyObject body)
    {
        string? start = body.Text("period_start", required: true);
        string? end = body.Text("period_end", required: true);
        return start is null || end is null ? null : new InvoiceRequest(start, end);
    }
}

/// <summary>The body of <c>PUT /v1/billing/invoice/{id}/status</c>.</summary>
/// <param name="Status"><c>issued</c>, <c>paid</c>, <c>overdue</c> or <c>void</c>.</param>
public sealed record StatusRequest(string Status)
{
    private static readonly IReadOnlyList<(string Word, InvoiceStatus Value)> words =
        [.. Enum.GetValues<InvoiceStatus>().Select(status => (status.Word(), status))];

    internal InvoiceStatus Wanted { get; private init; }

    internal static StatusRequest? Read(BodyObject body) =>
        body.Word("status", words, required: true) is { } status ? new StatusRequest(status.Word()) { Wanted = status } : null;
}

/// <summary>The body of <c>POST /v1/billing/invoice/{id}/credit_notes</c>.</summary>
/// <param name="Amount">How much of the invoice's total, tax included; all that is left where it is absent.</param>
/// <param name="Reason">Why, for the customer.</param>
public sealed record CreditNoteRequest(Amount? Amount, string Reason)
{
    internal static CreditNoteRequest? Read(BodyObject body)
    {
        Amount? amount = body.PositiveAmount("amount");
        string? reason = body.Text("reason", required: true, maxLength: 500);
        return reason is null ? null : new CreditNoteRequest(amount, reason);
    }
}

/// <summary>The body of <c>POST /v1/customers/{id}/coupons</c>.</summary>
/// <param name="Coupon">A coupon of the catalogue.</param>
public sealed record ApplyCouponRequest(string Coupon)
{
    internal static ApplyCouponRequest? Read(BodyObject body) =>
        body.Id("coupon", required: true) is { } coupon ? new ApplyCouponRequest(coupon) : null;
}
