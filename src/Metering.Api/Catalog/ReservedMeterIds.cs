using System.Collections.Frozen;

namespace Metering.Api.Catalog;

/// <summary>Ids that no meter may have, because usage answers have one member a meter beside these.</summary>
internal static class ReservedMeterIds
{
    private static readonly FrozenSet<string> Names = FrozenSet.ToFrozenSet(
        [
            "project_id", "customer_id", "start_date", "end_date", "total_cost", "currency", "period_type", "period_start", "period_end",
            "group", "total_requests", "billable_requests", "avg_response_time_ms", "error_count", "date", "used", "errors",
        ],
        StringComparer.Ordinal);

    public static IReadOnlyCollection<string> All => Names;

    public static bool Contains(string id) => Names.Contains(id);
}
