using Metering.Core.Money;
using Metering.Core.Time;

namespace Metering.Grid.History;

/// <summary>
/// Queries of what the projections hold: behind the acknowledgement, by at most the projection's lag.
/// Answers of one project or customer come from one shard.
/// </summary>
public interface IUsageHistory
{
    /// <summary>Raw events of a project, newest first by time, then by journal position.</summary>
    ValueTask<HistoryPage<UsageEventRow>> ReadEventsAsync(EventQuery query, CancellationToken cancellation);

    /// <summary>
    /// Usage of a project in hours of the customer's time zone, ordered by start, meter and dimensions. Days and months are sums of these.
    /// </summary>
    /// <exception cref="TooManyRowsException">It has more rows than one answer may be made of.</exception>
    ValueTask<IReadOnlyList<UsageHourRow>> ReadHoursAsync(HourQuery query, CancellationToken cancellation);

    /// <summary>Ledger entries of a wallet, newest first.</summary>
    ValueTask<HistoryPage<LedgerRow>> ReadLedgerAsync(LedgerQuery query, CancellationToken cancellation);

    /// <summary>Alerts of a project, newest first.</summary>
    ValueTask<HistoryPage<AlertRow>> ReadAlertsAsync(AlertQuery query, CancellationToken cancellation);
}

/// <summary>A query has more rows than one answer may be made of: the caller has to ask for less.</summary>
/// <param name="max">The most rows.</param>
public sealed class TooManyRowsException(int max) : Exception($"The query has more than {max} rows.")
{
    /// <summary>The most rows.</summary>
    public int Max { get; } = max;
}

/// <summary>A page of rows, and the cursor of the next page or null at the end.</summary>
public sealed record HistoryPage<T>(IReadOnlyList<T> Rows, string? NextCursor);

/// <summary>
/// Which raw events. <paramref name="Start"/> is inclusive, <paramref name="End"/> exclusive; <paramref name="Offset"/> serves <c>page</c>,
/// <paramref name="Cursor"/> the rest.
/// </summary>
public sealed record EventQuery(
    int Partition, string CustomerId, string ProjectId, Instant? Start, Instant? End, string? Type, int Limit, int Offset, string? Cursor);

/// <summary>
/// Which hours; all projects of the customer where <paramref name="ProjectId"/> is null,
/// all meters where <paramref name="Meters"/> is null.
/// </summary>
public sealed record HourQuery(
    int Partition, string CustomerId, string? ProjectId, Instant Start, Instant End, IReadOnlyList<string>? Meters);

/// <summary>Which ledger entries.</summary>
public sealed record LedgerQuery(int Partition, string CustomerId, int Limit, string? Cursor);

/// <summary>Which alerts.</summary>
public sealed record AlertQuery(int Partition, string ProjectId, Instant? Start, Instant? End, int Limit, string? Cursor);

/// <summary>A raw event as it was counted. <paramref name="Data"/> is a JSON object of the properties that meters read or keep.</summary>
public sealed record UsageEventRow(
    string ProjectId, string CustomerId, string Source, string Id, string Type, Instant Time, Instant At, string Data,
    Amount Credits, string Plan, int PlanVersion, long Sequence, int Ordinal);

/// <summary>
/// What one meter counted for one combination of dimensions in one hour. <paramref name="Dimensions"/> is a JSON object,
/// <c>{}</c> for a meter without.
/// </summary>
/// <param name="ProjectId">The project.</param>
/// <param name="Meter">The meter.</param>
/// <param name="Dimensions">The combination.</param>
/// <param name="Start">The start of the hour.</param>
/// <param name="Sum">The sum of the values.</param>
/// <param name="Count">How many events.</param>
/// <param name="Max">The largest value.</param>
/// <param name="Latest">The value with the newest time, then position.</param>
/// <param name="LatestTime">The time of that value.</param>
/// <param name="Credits">The credits of the events whose first meter this is; summed over meters that is what the hour burned.</param>
public sealed record UsageHourRow(
    string ProjectId, string Meter, string Dimensions, Instant Start, Amount Sum, long Count, Amount Max, Amount Latest, Instant LatestTime,
    Amount Credits);

/// <summary>A ledger entry.</summary>
public sealed record LedgerRow(
    string CustomerId, long Entry, string TransactionType, Amount Amount, Amount BalanceBefore, Amount BalanceAfter,
    string Description, Instant At);

/// <summary>An alert as it was raised.</summary>
public sealed record AlertRow(
    string ProjectId, string CustomerId, string Meter, string Period, Instant PeriodStart, int Threshold,
    string Severity, Amount Usage, Amount Limit, decimal Percentage, string Message, Instant At)
{
    /// <summary>Whether a webhook or a mail of it has been taken.</summary>
    public bool Notified { get; init; }
}

/// <summary>How far the projections are behind the journal.</summary>
public interface IProjectionLag
{
    /// <summary>The age of the oldest group this process owns that is not projected yet, in seconds; 0 when there is none.</summary>
    double Seconds { get; }

    /// <summary>The same for one shard's partitions alone.</summary>
    double SecondsOf(string shard) => Seconds;

    /// <summary>Events in groups that are not projected yet, as far as known.</summary>
    long Events { get; }
}
