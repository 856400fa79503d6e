using System.Text.Json;
using Metering.Api.Json;
using Metering.Api.Usage;
using Metering.Core.Invoicing;
using Metering.Core.Money;
using Metering.Core.Time;
using Metering.Grid.Billing;
using Metering.Grid.Projects;

namespace Metering.Api.Billing;

/// <summary>Where a project stands in its running billing period. Money is in <paramref name="Currency"/>, tax included.</summary>
/// <param name="ProjectId">The project.</param>
/// <param name="CurrentPlan">The plan it is on.</param>
/// <param name="PlanVersion">Its version.</param>
/// <param name="BillingPeriod">The month of the period's first day, <c>2025-01</c>.</param>
/// <param name="PeriodStart">The start, inclusive.</param>
/// <param name="PeriodEnd">The end, exclusive.</param>
/// <param name="UsageSummary">What was used, a member a meter.</param>
/// <param name="CurrentCharges">What the invoice would come to now.</param>
/// <param name="CurrentLineItems">Its lines.</param>
/// <param name="ProjectedTotal">What it will come to, if usage goes on as it did: what adds up grows with time and is priced then.</param>
/// <param name="Currency">ISO 4217.</param>
/// <param name="PlanLimits">The plan's limits.</param>
/// <param name="Alerts">Those that are past a threshold.</param>
/// <param name="RecentInvoices">The newest invoices.</param>
public sealed record DashboardAnswer(
    string ProjectId, string CurrentPlan, int PlanVersion, string BillingPeriod, Instant PeriodStart, Instant PeriodEnd,
    Dictionary<string, JsonElement> UsageSummary, ExactNumber CurrentCharges, IReadOnlyList<InvoiceLineAnswer> CurrentLineItems,
    ExactNumber ProjectedTotal, string Currency, IReadOnlyList<PlanLimitAnswer> PlanLimits, IReadOnlyList<AlertAnswer> Alerts,
    IReadOnlyList<InvoiceHeadingAnswer> RecentInvoices);

/// <summary>One limit of the plan.</summary>
/// <param name="Meter">Whose quantity is limited.</param>
/// <param name="Period"><c>hour</c>, <c>day</c>, <c>month</c> or <c>billing</c>.</param>
/// <param name="Used">What was used in the running one.</param>
/// <param name="Limit">The most; null where there is no limit.</param>
/// <param name="Percentage">Used of the limit; null where there is none.</param>
/// <param name="Hard">Whether usage past it is refused.</param>
public sealed record PlanLimitAnswer(string Meter, string Period, ExactNumber Used, ExactNumber? Limit, decimal? Percentage, bool Hard)
{
    internal static PlanLimitAnswer Of(LimitView limit) => new(
        limit.Meter, WordOf(limit.Period), limit.Used, limit.Max is { } max ? (ExactNumber)max : null,
        limit.Max is { } bound ? Percentages.Of(limit.Used, bound) : null, limit.Hard);

    /// <summary>The word that plans use.</summary>
    private static string WordOf(PeriodKind kind) => kind switch
    {
        PeriodKind.Hour => "hour",
        PeriodKind.Day => "day",
        PeriodKind.Month => "month",
        PeriodKind.Billing => "billing",
        _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, "There is no such period."),
    };
}

/// <summary>An invoice without its lines.</summary>
/// <param name="Id">The invoice.</param>
/// <param name="InvoiceNumber">Project and month.</param>
/// <param name="LegalNumber">Gapless in its series.</param>
/// <param name="PeriodStart">The start of its billing period.</param>
/// <param name="PeriodEnd">The end.</param>
/// <param name="Total">What is to be paid.</param>
/// <param name="Credited">What credit notes took back.</param>
/// <param name="Currency">ISO 4217.</param>
/// <param name="Status">Its status.</param>
/// <param name="IssuedAt">When it was issued.</param>
/// <param name="DueDate">When it is to be paid.</param>
public sealed record InvoiceHeadingAnswer(
    string Id, string InvoiceNumber, string LegalNumber, Instant PeriodStart, Instant PeriodEnd, ExactNumber Total, ExactNumber Credited,
    string Currency, string Status, Instant IssuedAt, Instant DueDate)
{
    internal static InvoiceHeadingAnswer Of(IssuedInvoice issued) => new(
        issued.Id.Value, issued.Number.Value, issued.LegalNumber.ToString(), issued.Period.Start, issued.Period.End, issued.Total,
        issued.Credited, issued.Currency.Code, issued.Status.Word(), issued.IssuedAt, issued.DueAt);
}
