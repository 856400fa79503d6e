using System.Text.Json.Serialization;
using Metering.Api.Json;
using Metering.Core.Time;

namespace Metering.Api.Operations;

/// <summary>The process runs.</summary>
/// <param name="Status">Always <c>ok</c>.</param>
/// <param name="Timestamp">Now.</param>
public sealed record HealthAnswer(string Status, Instant Timestamp);

/// <summary>Whether requests are served.</summary>
/// <param name="Status"><c>ready</c> or <c>not_ready</c>.</param>
/// <param name="Timestamp">Now.</param>
/// <param name="Services">
/// <c>database</c> (the control database) and <c>shard:NAME</c>: <c>connected</c> or <c>unavailable</c>; <c>engine</c>: <c>ready</c> or
/// <c>not_ready</c>; <c>partitions</c>: <c>owned</c>, or how many are away, as in <c>2 away</c>.
/// </param>
/// <param name="Reason">Why not, in words for an operator; absent when ready.</param>
public sealed record ReadyAnswer(
    string Status, Instant Timestamp, IReadOnlyDictionary<string, string> Services,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Reason);

/// <summary>Figures of this process.</summary>
/// <param name="EventsPerSecond">Events accepted a second, the mean of the last minute.</param>
/// <param name="EventsPerMinute">Events accepted in the last minute.</param>
/// <param name="WriteReduction">
/// 1 minus the database rows written on the acknowledgement path by those that one insert, one update and one ledger row an event would
/// write; since the start.
/// </param>
/// <param name="CacheHitRate">The share of requests whose customer was in memory, since the start.</param>
/// <param name="ShardDistribution">By shard.</param>
/// <param name="ProjectionLagSeconds">The age of the oldest group that is not projected yet.</param>
/// <param name="P50Ms">Half of the last minute's event requests were answered within so many milliseconds.</param>
/// <param name="P95Ms">95 % of them.</param>
/// <param name="P99Ms">99 % of them.</param>
public sealed record MetricsAnswer(
    double EventsPerSecond, long EventsPerMinute, double WriteReduction, double CacheHitRate,
    IReadOnlyDictionary<string, ShardFigures> ShardDistribution, double ProjectionLagSeconds,
    [property: JsonPropertyName("p50_ms")] double P50Ms, [property: JsonPropertyName("p95_ms")] double P95Ms,
    [property: JsonPropertyName("p99_ms")] double P99Ms);

/// <summary>Figures of one shard, since the start.</summary>
/// <param name="Events">Events accepted.</param>
/// <param name="Bytes">Journal bytes written.</param>
/// <param name="Customers">Customers in memory.</param>
public sealed record ShardFigures(long Events, long Bytes, long Customers);

/// <summary>The body of <c>POST /api/v1/test/load</c>.</summary>
/// <param name="Events">How many to send, 1 to 100,000.</param>
/// <param name="Duration">Over how many seconds they are spread, 1 to 30; 10 where it is absent.</param>
public sealed record LoadRequest(int Events, int? Duration)
{
    internal static LoadRequest? Read(BodyObject body)
    {
        int? events = body.Whole("events", 1, 100_000, required: true);
        int? duration = body.Whole("duration", 1, 30);
        return events is null ? null : new LoadRequest(events.Value, duration);
    }
}

/// <summary>What a load test saw.</summary>
/// <param name="CustomerId">The scratch customer; suspended afterwards.</param>
/// <param name="Sent">Events sent; fewer than asked for where 30 seconds were over before.</param>
/// <param name="Accepted">Events accepted.</param>
/// <param name="Refused">Events refused, also by a full process.</param>
/// <param name="DurationSeconds">From the first event sent to the last answer.</param>
/// <param name="EventsPerSecond">Accepted by duration.</param>
/// <param name="P50Ms">Half of the batches were answered within so many milliseconds.</param>
/// <param name="P95Ms">95 % of them.</param>
/// <param name="P99Ms">99 % of them.</param>
/// <param name="MaxMs">The slowest.</param>
public sealed record LoadAnswer(
    string CustomerId, int Sent, int Accepted, int Refused, double DurationSeconds, double EventsPerSecond,
    [property: JsonPropertyName("p50_ms")] double P50Ms, [property: JsonPropertyName("p95_ms")] double P95Ms,
    [property: JsonPropertyName("p99_ms")] double P99Ms, double MaxMs);

/// <summary>The body of <c>POST /api/v1/cache/warm</c>; it may be empty.</summary>
/// <param name="Customers">At most 10,000 customers; all that were ever saved, up to the bound of memory, where it is absent.</param>
public sealed record WarmRequest(IReadOnlyList<string>? Customers)
{
    internal static WarmRequest Read(BodyObject body) => new(body.Texts("customers", 10_000)?.Select(text => text.Value).ToArray());
}

/// <summary>What was loaded.</summary>
/// <param name="Loaded">Customers in memory that were not before.</param>
public sealed record WarmAnswer(long Loaded);
