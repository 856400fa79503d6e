using System.Text.Json;
using System.Text.Json.Serialization;
using Metering.Api.Json;
using Metering.Core.Money;
using Metering.Core.Time;

namespace Metering.Api.Usage;

/// <summary>A raw event as it was counted.</summary>
/// <param name="Id">CloudEvents <c>id</c>.</param>
/// <param name="Source">CloudEvents <c>source</c>.</param>
/// <param name="Type">CloudEvents <c>type</c>.</param>
/// <param name="ProjectId">Its project.</param>
/// <param name="CustomerId">Who pays.</param>
/// <param name="Time">When it happened.</param>
/// <param name="At">When it was taken.</param>
/// <param name="Data">The properties that meters read or keep.</param>
/// <param name="CreditsBurned">What it burned.</param>
/// <param name="CostUsd">The credits at the plan version's credit value, where the plan is in USD; absent otherwise.</param>
/// <param name="Cost">The same where the plan is in another currency; absent otherwise.</param>
/// <param name="Currency">That currency; absent otherwise.</param>
public sealed record UsageEventAnswer(
    string Id, string Source, string Type, string ProjectId, string CustomerId, Instant Time, Instant At,
    JsonElement Data, ExactNumber CreditsBurned,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] ExactNumber? CostUsd,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] ExactNumber? Cost,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Currency);

/// <summary>What a project used in a stretch of time: besides these members one a meter, by its id.</summary>
/// <param name="ProjectId">The project; absent in a customer's.</param>
/// <param name="CustomerId">The customer; absent in a project's.</param>
/// <param name="StartDate">The start, inclusive.</param>
/// <param name="EndDate">The end, exclusive.</param>
/// <param name="TotalCost">What it cost so far; null where the projects' plans are in several currencies.</param>
/// <param name="Currency">Of the cost; null where there are several.</param>
public sealed record UsageSummaryAnswer(
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? ProjectId,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? CustomerId,
    Instant StartDate, Instant EndDate, ExactNumber? TotalCost, string? Currency)
{
    /// <summary>One quantity a meter.</summary>
    [JsonExtensionData]
    public Dictionary<string, JsonElement>? Meters { get; set; }
}

/// <summary>What a project used in one hour, day or month: besides these members one a meter, by its id.</summary>
/// <param name="ProjectId">The project.</param>
/// <param name="PeriodType"><c>hourly</c>, <c>daily</c> or <c>monthly</c>.</param>
/// <param name="PeriodStart">The start, inclusive.</param>
/// <param name="PeriodEnd">The end, exclusive.</param>
/// <param name="Group">The value of the dimension grouped by, null for usage without it; absent without a grouping.</param>
/// <param name="TotalCost">What it cost.</param>
/// <param name="Currency">Of the cost.</param>
/// <param name="TotalRequests">API calls; absent, like the next three, where there are none.</param>
/// <param name="BillableRequests">API calls that are priced.</param>
/// <param name="AvgResponseTimeMs">Their mean response time in milliseconds; absent where none was told.</param>
/// <param name="ErrorCount">API calls with a status of 400 and above.</param>
public sealed record UsageRowAnswer(
    string ProjectId, string PeriodType, Instant PeriodStart, Instant PeriodEnd,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Group,
    ExactNumber? TotalCost, string Currency,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] ExactNumber? TotalRequests,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] ExactNumber? BillableRequests,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] ExactNumber? AvgResponseTimeMs,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] ExactNumber? ErrorCount)
{
    /// <summary>One quantity a meter.</summary>
    [JsonExtensionData]
    public Dictionary<string, JsonElement>? Meters { get; set; }
}

/// <summary>A limit that was crossed.</summary>
/// <param name="ProjectId">The project.</param>
/// <param name="MetricType">The meter.</param>
/// <param name="CurrentUsage">What had been used.</param>
/// <param name="Limit">The limit.</param>
/// <param name="Percentage">Of the limit.</param>
/// <param name="Severity"><c>warning</c>, <c>critical</c> or <c>exceeded</c>.</param>
/// <param name="Message">In words.</param>
/// <param name="Notified">Whether a webhook or a mail of it has been taken; false for a check, which raises nothing.</param>
/// <param name="At">When it was raised; for a check, when it was made.</param>
public sealed record AlertAnswer(
    string ProjectId, string MetricType, ExactNumber CurrentUsage, ExactNumber Limit, decimal Percentage, string Severity,
    string Message, bool Notified, Instant At);

/// <summary>The body of <c>POST /v1/usage/{project}/check-limits</c>; it may be empty.</summary>
/// <param name="Type">An event type: would such an event be taken?</param>
/// <param name="Data">The event's data.</param>
public sealed record CheckLimitsRequest(string? Type, JsonElement? Data)
{
    internal static CheckLimitsRequest Read(BodyObject body)
    {
        string? type = body.Id("type");
        JsonElement? data = body.Element("data");
        if (data is not null && type is null)
            body.Fault("type", "Is required with data.");
        if (data is { ValueKind: not JsonValueKind.Object })
            body.Fault("data", "Must be an object.");
        return new CheckLimitsRequest(type, data?.Clone());
    }
}

/// <summary>Where a project stands against its limits.</summary>
/// <param name="ApproachingLimits">Whether any limit is past one of the plan's thresholds.</param>
/// <param name="Alerts">Those that are.</param>
/// <param name="Allowed">Whether the event would be taken now; absent without one.</param>
/// <param name="Code">What it would be answered; absent without one.</param>
public sealed record CheckLimitsAnswer(
    bool ApproachingLimits, IReadOnlyList<AlertAnswer> Alerts,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] bool? Allowed,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Code);

/// <summary>Where the key's customer stands in the running period.</summary>
/// <param name="Period">The month in which the period begins, <c>2025-01</c>; of an hour or a day, the date.</param>
/// <param name="PeriodStart">The start, inclusive.</param>
/// <param name="PeriodEnd">The end, exclusive.</param>
/// <param name="Meter">Which meter is meant.</param>
/// <param name="Used">What was used.</param>
/// <param name="Limit">The limit; null where there is none.</param>
/// <param name="Remaining">What is left of it, at least 0; null where there is none.</param>
/// <param name="Percentage">Used of the limit; null where there is none.</param>
/// <param name="Plan">The plan.</param>
public sealed record CurrentUsageAnswer(
    string Period, Instant PeriodStart, Instant PeriodEnd, string Meter, ExactNumber Used, ExactNumber? Limit,
    ExactNumber? Remaining, decimal? Percentage, string Plan);

/// <summary>What the key's customer used on one day: besides these members one a meter, by its id.</summary>
/// <param name="Date">The day in the customer's time zone.</param>
/// <param name="Calls">API calls.</param>
/// <param name="Errors">API calls with a status of 400 and above.</param>
/// <param name="AvgResponseTimeMs">The mean response time in milliseconds; null where none was told.</param>
/// <param name="TotalCost">What the day cost.</param>
public sealed record UsageDayAnswer(
    DateOnly Date, ExactNumber Calls, ExactNumber Errors, ExactNumber? AvgResponseTimeMs, ExactNumber? TotalCost)
{
    /// <summary>One quantity a meter.</summary>
    [JsonExtensionData]
    public Dictionary<string, JsonElement>? Meters { get; set; }
}

/// <summary>The calls of one endpoint.</summary>
/// <param name="Endpoint">The endpoint.</param>
/// <param name="Method">The HTTP method.</param>
/// <param name="Calls">How many calls.</param>
/// <param name="Errors">How many of them with a status of 400 and above.</param>
/// <param name="AvgResponseTimeMs">The mean response time in milliseconds; null where none was told.</param>
public sealed record EndpointUsageAnswer(string? Endpoint, string? Method, long Calls, long Errors, ExactNumber? AvgResponseTimeMs);

/// <summary>What the key's customer used beyond what its plan includes.</summary>
/// <param name="Included">What the base fee covers in a billing period.</param>
/// <param name="Used">What was used in the running one.</param>
/// <param name="OverageCalls">What is beyond.</param>
/// <param name="OverageCost">What that costs so far; null where it has more than 18 digits before the point.</param>
/// <param name="Currency">Of the cost.</param>
/// <param name="Message">In words.</param>
public sealed record OverageAnswer(
    ExactNumber Included, ExactNumber Used, ExactNumber OverageCalls, ExactNumber? OverageCost, string Currency, string Message);
