using Metering.Storage.Postgres.Connections;
using Npgsql;
using NpgsqlTypes;

namespace Metering.Storage.Postgres.Projections;

/// <summary>
/// Hourly rows added to <c>usage_hourly</c>, some thousand in a command, as columns. The columns are kept and filled again.
/// </summary>
internal sealed class HourColumns
{
    // Each column of so many rows stays below the large object heap's bound.
    private const int RowsAtOnce = 2000;

    // Adding, the larger and the newer do not depend on the order in which batches arrive or how the journal was cut into them.
    // A sum may have more digits than a decimal: it is passed as a multiple of 10^18 and the rest.
    private const string Upsert = """
        INSERT INTO usage_hourly AS hour (customer_id, project_id, start, meter, dimensions_digest, dimensions, partition, sum, count, max,
            latest, latest_time, latest_seq, latest_ordinal, credits)
        SELECT customer_id, project_id, start, meter, digest, dimensions, partition, sum + 1e18 * sum_high, count, max, latest, latest_time,
            latest_seq, latest_ordinal, credits + 1e18 * credits_high
        FROM unnest($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17) AS changed (customer_id, project_id, start,
            meter, digest, dimensions, partition, sum, sum_high, count, max, latest, latest_time, latest_seq, latest_ordinal, credits,
            credits_high)
        ON CONFLICT (customer_id, project_id, start, meter, dimensions_digest) DO UPDATE SET
            sum = hour.sum + excluded.sum,
            count = hour.count + excluded.count,
            max = greatest(hour.max, excluded.max),
            latest = CASE
                WHEN (excluded.latest_time, excluded.latest_seq, excluded.latest_ordinal)
                    > (hour.latest_time, hour.latest_seq, hour.latest_ordinal)
                THEN excluded.latest ELSE hour.latest END,
            latest_time = greatest(hour.latest_time, excluded.latest_time),
            latest_seq = CASE
                WHEN (excluded.latest_time, excluded.latest_seq, excluded.latest_ordinal)
                    > (hour.latest_time, hour.latest_seq, hour.latest_ordinal)
                THEN excluded.latest_seq ELSE hour.latest_seq END,
            latest_ordinal = CASE
                WHEN (excluded.latest_time, excluded.latest_seq, excluded.latest_ordinal)
                    > (hour.latest_time, hour.latest_seq, hour.latest_ordinal)
                THEN excluded.latest_ordinal ELSE hour.latest_ordinal END,
            credits = hour.credits + excluded.credits
        """;

    private static readonly Int128 High = (Int128)1_000_000_000_000_000_000 * 1_000_000_000;

    private readonly List<string> customers = [];
    private readonly List<string> projects = [];
    private readonly List<long> starts = [];
    private readonly List<string> meters = [];
    private readonly List<byte[]> digests = [];
    private readonly List<string> dimensions = [];
    private readonly List<int> partitions = [];
    private readonly List<decimal> sums = [];
    private readonly List<long> sumsHigh = [];
    private readonly List<long> counts = [];
    private readonly List<decimal> largest = [];
    private readonly List<decimal> latest = [];
    private readonly List<long> latestTimes = [];
    private readonly List<long> latestSequences = [];
    private readonly List<int> latestOrdinals = [];
    private readonly List<decimal> credits = [];
    private readonly List<long> creditsHigh = [];

    /// <summary>Adds the rows to the table, within a database transaction of the caller.</summary>
    public async Task WriteAsync(NpgsqlConnection connection, HourTable hours, CancellationToken cancellation)
    {
        var places = hours.Ordered().ToArray();
        for (var first = 0; first < places.Length; first += RowsAtOnce)
        {
            Clear();
            foreach (var place in places.AsSpan(first, Math.Min(RowsAtOnce, places.Length - first)))
                Add(hours.Rows[place]);
            await using var command = new NpgsqlCommand(Upsert, connection);
            Fill(command.Parameters);
            await command.ExecuteNonQueryAsync(cancellation);
        }
    }

    private void Clear()
    {
        customers.Clear();
        projects.Clear();
        starts.Clear();
        meters.Clear();
        digests.Clear();
        dimensions.Clear();
        partitions.Clear();
        sums.Clear();
        sumsHigh.Clear();
        counts.Clear();
        largest.Clear();
        latest.Clear();
        latestTimes.Clear();
        latestSequences.Clear();
        latestOrdinals.Clear();
        credits.Clear();
        creditsHigh.Clear();
    }

    private void Add(in HourRow row)
    {
        customers.Add(row.Project.CustomerId);
        projects.Add(row.Project.ProjectId);
        starts.Add(row.Start.ToPostgres());
        meters.Add(row.Combination.Meter);
        digests.Add(row.Combination.Digest);
        dimensions.Add(row.Combination.DimensionsText);
        partitions.Add(row.Project.Partition);
        Add(row.Sum, sums, sumsHigh);
        counts.Add(row.Count);
        largest.Add(row.Max.ToDecimal());
        latest.Add(row.Latest.ToDecimal());
        latestTimes.Add(row.LatestAt.Time.ToPostgres());
        latestSequences.Add(row.LatestAt.Sequence);
        latestOrdinals.Add(row.LatestAt.Ordinal);
        Add(row.Credits, credits, creditsHigh);
    }

    private static void Add(Int128 nanos, List<decimal> rest, List<long> high)
    {
        if (nanos == (long)nanos)
        {
            var magnitude = (ulong)Int128.Abs(nanos);
            rest.Add(new decimal((int)magnitude, (int)(magnitude >> 32), 0, Int128.IsNegative(nanos), 9));
            high.Add(0);
            return;
        }

        rest.Add((decimal)(nanos % High) / 1_000_000_000m);
        high.Add((long)(nanos / High));
    }

    private void Fill(NpgsqlParameterCollection parameters) => parameters
        .Column(customers, NpgsqlDbType.Text)
        .Column(projects, NpgsqlDbType.Text)
        .Column(starts, NpgsqlDbType.TimestampTz)
        .Column(meters, NpgsqlDbType.Text)
        .Column(digests, NpgsqlDbType.Bytea)
        .Column(dimensions, NpgsqlDbType.Text)
        .Column(partitions, NpgsqlDbType.Integer)
        .Column(sums, NpgsqlDbType.Numeric)
        .Column(sumsHigh, NpgsqlDbType.Bigint)
        .Column(counts, NpgsqlDbType.Bigint)
        .Column(largest, NpgsqlDbType.Numeric)
        .Column(latest, NpgsqlDbType.Numeric)
        .Column(latestTimes, NpgsqlDbType.TimestampTz)
        .Column(latestSequences, NpgsqlDbType.Bigint)
        .Column(latestOrdinals, NpgsqlDbType.Integer)
        .Column(credits, NpgsqlDbType.Numeric)
        .Column(creditsHigh, NpgsqlDbType.Bigint);
}
