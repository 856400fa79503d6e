using Metering.Grid.History;

namespace Metering.Api.Tests.Support;

/// <summary>Projections that hold what a test puts into them.</summary>
internal sealed class FakeHistory : IUsageHistory, IProjectionLag
{
    public List<UsageEventRow> Events { get; } = [];

    public List<UsageHourRow> Hours { get; } = [];

    public List<LedgerRow> Ledger { get; } = [];

    public List<AlertRow> Alerts { get; } = [];

    public double Seconds { get; set; }

    /// <summary>Thrown instead of hours.</summary>
    public Exception? Failure { get; set; }

    long IProjectionLag.Events => 0;

    public ValueTask<HistoryPage<UsageEventRow>> ReadEventsAsync(EventQuery query, CancellationToken cancellation) => Page(
        Events.Where(row => row.ProjectId == query.ProjectId && (query.Type is null || row.Type == query.Type)
            && (query.Start is not { } start || row.Time >= start) && (query.End is not { } end || row.Time < end))
            .OrderByDescending(row => row.Time.UnixMicroseconds).Skip(query.Offset),
        query.Limit, query.Cursor);

    public ValueTask<IReadOnlyList<UsageHourRow>> ReadHoursAsync(HourQuery query, CancellationToken cancellation) =>
        Failure is not null ? throw Failure : ValueTask.FromResult<IReadOnlyList<UsageHourRow>>(
        [
            .. Hours.Where(row => (query.ProjectId is null || row.ProjectId == query.ProjectId) && row.Start >= query.Start
                && row.Start < query.End
                && (query.Meters is null || query.Meters.Contains(row.Meter)))
                .OrderBy(row => row.Start.UnixMicroseconds).ThenBy(row => row.Meter, StringComparer.Ordinal)
                .ThenBy(row => row.Dimensions, StringComparer.Ordinal),
        ]);

    public ValueTask<HistoryPage<LedgerRow>> ReadLedgerAsync(LedgerQuery query, CancellationToken cancellation) => Page(
        Ledger.Where(row => row.CustomerId == query.CustomerId).OrderByDescending(row => row.Entry), query.Limit, query.Cursor);

    public ValueTask<HistoryPage<AlertRow>> ReadAlertsAsync(AlertQuery query, CancellationToken cancellation) => Page(
        Alerts.Where(row => row.ProjectId == query.ProjectId).OrderByDescending(row => row.At.UnixMicroseconds), query.Limit, query.Cursor);

    private static ValueTask<HistoryPage<T>> Page<T>(IEnumerable<T> rows, int limit, string? cursor)
    {
        int skip = cursor is null ? 0 : int.Parse(cursor, System.Globalization.CultureInfo.InvariantCulture);
        T[] rest = [.. rows.Skip(skip)];
        string? next = rest.Length > limit ? (skip + limit).ToString(System.Globalization.CultureInfo.InvariantCulture) : null;
        return ValueTask.FromResult(new HistoryPage<T>(rest[..Math.Min(limit, rest.Length)], next));
    }
}
