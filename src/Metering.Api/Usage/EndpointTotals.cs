using Metering.Core.Catalog;
using Metering.Grid.History;

namespace Metering.Api.Usage;

/// <summary>Adds hours of API calls up by endpoint and method.</summary>
internal static class EndpointTotals
{
    /// <summary>Most called first, then by endpoint and method.</summary>
    public static IReadOnlyList<EndpointUsageAnswer> Of(IEnumerable<UsageHourRow> hours)
    {
        var totals = new Dictionary<(string? Endpoint, string? Method), Sums>();
        foreach (UsageHourRow row in hours)
        {
            var key = (Dimensions.ValueOf(row.Dimensions, ApiCallMeters.Endpoint),
                Dimensions.ValueOf(row.Dimensions, ApiCallMeters.Method));
            if (!totals.TryGetValue(key, out Sums? sums))
                totals[key] = sums = new Sums();
            sums.Add(row);
        }

        return
        [
            .. totals.OrderByDescending(pair => pair.Value.Calls).ThenBy(pair => pair.Key.Endpoint, StringComparer.Ordinal)
                .ThenBy(pair => pair.Key.Method, StringComparer.Ordinal)
                .Select(pair => new EndpointUsageAnswer(
                    pair.Key.Endpoint, pair.Key.Method, pair.Value.Calls, pair.Value.Errors, pair.Value.Times.Quantity is { } mean ? mean
                        : null)),
        ];
    }

    private sealed class Sums
    {
        public long Calls { get; private set; }

        public long Errors { get; private set; }

        public MeterTotal Times { get; } = new(Aggregation.Avg);

        public void Add(UsageHourRow row)
        {
            switch (row.Meter)
            {
                case ApiCallMeters.Calls:
                    Calls += row.Count;
                    break;
                case ApiCallMeters.Failed:
                    Errors += row.Count;
                    break;
                case ApiCallMeters.ResponseTime:
                    Times.Add(row);
                    break;
            }
        }
    }
}
