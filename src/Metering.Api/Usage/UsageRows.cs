using Metering.Api.Json;
using Metering.Core.Money;
using Metering.Core.Time;
using Metering.Grid.History;
using Metering.Grid.Projects;

namespace Metering.Api.Usage;

/// <summary>Makes answers of report rows and alerts.</summary>
internal static class UsageRows
{
    public static UsageRowAnswer Answer(string projectId, string word, Currency currency, ReportRow row)
    {
        bool hasCalls = row.Meters.ContainsKey(ApiCallMeters.Calls);
        return new UsageRowAnswer(
            projectId, word, row.Period.Start, row.Period.End, row.Group, row.Cost is { } cost ? cost : null, currency.Code,
            QuantityOf(row, ApiCallMeters.Calls),
            QuantityOf(row, ApiCallMeters.Billable) ?? (hasCalls && row.Group is null ? Amount.Zero : null),
            QuantityOf(row, ApiCallMeters.ResponseTime),
            QuantityOf(row, ApiCallMeters.Failed) ?? (hasCalls ? Amount.Zero : null))
        {
            Meters = MeterMembers.Of(row.Meters),
        };
    }

    public static AlertAnswer Answer(AlertRow row) =>
        new(row.ProjectId, row.Meter, row.Usage, row.Limit, row.Percentage, row.Severity, row.Message, row.Notified, row.At);

    public static AlertAnswer Answer(string projectId, LimitAlert alert, Instant at) =>
        new(projectId, alert.Meter, alert.Used, alert.Max, alert.Percentage, alert.Severity, alert.Message, false, at);

    /// <summary>The quantity of one meter of a row, or null where it counted nothing.</summary>
    public static ExactNumber? QuantityOf(ReportRow row, string meter) =>
        row.Meters.TryGetValue(meter, out MeterTotal? total) && total.Quantity is { } quantity ? quantity : null;
}
