using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Metering.Core.Money;
using Metering.Core.Time;
using Metering.Grid.Directory;
using Metering.Storage.Postgres.Connections;
using Npgsql;
using NpgsqlTypes;

namespace Metering.Storage.Postgres.Projections;

/// <summary>Writes a batch's rows within a database transaction that the caller begins and ends.</summary>
internal static class ProjectionWriter
{
    private const string CopyEvents = """
        COPY usage_event (time, at, seq, partition, ordinal, plan_version, project_id, customer_id, source, id, type, plan, credits, data)
        FROM STDIN (FORMAT binary)
        """;

    private const string CopyLedger = """
        COPY ledger_entry (customer_id, entry, partition, seq, transaction_type, amount, balance_before, balance_after, description, at)
        FROM STDIN (FORMAT binary)
        """;

    private const string CopyAlerts = """
        COPY alert (partition, seq, ordinal, project_id, customer_id, meter, period, period_start, threshold, severity, usage, max,
            percentage, message, at)
        FROM STDIN (FORMAT binary)
        """;

    // Adding, the larger and the newer do not depend on the order in which batches arrive or how the journal was cut into them.
    private const string UpsertHours = """
        INSERT INTO usage_hourly AS hour (customer_id, project_id, start, meter, dimensions_digest, dimensions, partition, sum, count, max,
            latest, latest_time, latest_seq, latest_ordinal, credits)
        SELECT customer_id, project_id, start, meter, digest, dimensions, partition, sum::numeric, count, max, latest, latest_time,
            latest_seq, latest_ordinal, credits::numeric
        FROM unnest($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15) AS changed (customer_id, project_id, start, meter,
            digest, dimensions, partition, sum, count, max, latest, latest_time, latest_seq, latest_ordinal, credits)
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

    /// <summary>Raw events, hours, ledger entries and alerts.</summary>
    public static async Task WriteAsync(NpgsqlConnection connection, ProjectionBatch batch, CancellationToken cancellation)
    {
        await CopyEventsAsync(connection, batch, cancellation);
        await UpsertHoursAsync(connection, batch.Hours, cancellation);
        await CopyAsync(connection, CopyLedger, batch.Ledger, cancellation);
        await CopyAsync(connection, CopyAlerts, batch.Alerts, cancellation);
    }

    // Sorted by project, then time: the BRIN index holds ranges of pages, and a range that holds one project's rows is skipped for all
    // others.
    private static async Task CopyEventsAsync(NpgsqlConnection connection, ProjectionBatch batch, CancellationToken cancellation)
    {
        if (batch.Events.Count == 0)
            return;
        var ranks = new int[batch.ProjectNumbers.Count];
        var rank = 0;
        foreach (var (_, number) in batch.ProjectNumbers.OrderBy(project => project.Key, StringComparer.Ordinal))
            ranks[number] = rank++;
        batch.Events.Sort((left, right) =>
        {
            var order = ranks[left.Project].CompareTo(ranks[right.Project]);
            return order != 0 ? order : (left.Time, left.Partition, left.Sequence, left.Ordinal)
                .CompareTo((right.Time, right.Partition, right.Sequence, right.Ordinal));
        });

        await using var stream = await BeginAsync(connection, CopyEvents, cancellation);
        await stream.WriteAsync(CopyBuffer.Header, cancellation);
        foreach (var row in batch.Events)
            await stream.WriteAsync(batch.EventBytes.Slice(row.Start, row.Length), cancellation);
        await stream.WriteAsync(CopyBuffer.Trailer, cancellation);
    }

    private static async Task CopyAsync(NpgsqlConnection connection, string sql, CopyBuffer rows, CancellationToken cancellation)
    {
        if (rows.Length == 0)
            return;
        await using var stream = await BeginAsync(connection, sql, cancellation);
        await stream.WriteAsync(CopyBuffer.Header, cancellation);
        await stream.WriteAsync(rows.Memory, cancellation);
        await stream.WriteAsync(CopyBuffer.Trailer, cancellation);
    }

    // A copy is no command: it has to be told the command's timeout.
    private static async Task<NpgsqlRawCopyStream> BeginAsync(NpgsqlConnection connection, string sql, CancellationToken cancellation)
    {
        var stream = await connection.BeginRawBinaryCopyAsync(sql, cancellation);
        stream.ReadTimeout = stream.WriteTimeout = connection.CommandTimeout * 1000;
        return stream;
    }

    private static async Task UpsertHoursAsync(NpgsqlConnection connection, HourTable hours, CancellationToken cancellation)
    {
        if (hours.Count == 0)
            return;
        var rows = hours.Ordered().ToArray();
        await using var command = new NpgsqlCommand(UpsertHours, connection);
        command.Parameters
            .Array(Column(rows, row => row.CustomerId), NpgsqlDbType.Text)
            .Array(Column(rows, row => row.ProjectId), NpgsqlDbType.Text)
            .Array(Column(rows, row => row.Start.ToPostgres()), NpgsqlDbType.TimestampTz)
            .Array(Column(rows, row => row.Meter), NpgsqlDbType.Text)
            .Array(Column(rows, row => SHA256.HashData(Encoding.UTF8.GetBytes(row.Dimensions))), NpgsqlDbType.Bytea)
            .Array(Column(rows, row => row.Dimensions), NpgsqlDbType.Text)
            .Array(Column(rows, row => row.Partition), NpgsqlDbType.Integer)
            .Array(Column(rows, row => Units(row.Sum)), NpgsqlDbType.Text)
            .Array(Column(rows, row => row.Count), NpgsqlDbType.Bigint)
            .Array(Column(rows, row => row.Max.ToDecimal()), NpgsqlDbType.Numeric)
            .Array(Column(rows, row => row.Latest.ToDecimal()), NpgsqlDbType.Numeric)
            .Array(Column(rows, row => row.LatestAt.Time.ToPostgres()), NpgsqlDbType.TimestampTz)
            .Array(Column(rows, row => row.LatestAt.Sequence), NpgsqlDbType.Bigint)
            .Array(Column(rows, row => row.LatestAt.Ordinal), NpgsqlDbType.Integer)
            .Array(Column(rows, row => Units(row.Credits)), NpgsqlDbType.Text);
        await command.ExecuteNonQueryAsync(cancellation);
    }

    /// <summary>Facts for the directory, to be delivered once the transaction has committed.</summary>
    public static async Task WriteFactsAsync(NpgsqlConnection connection, ProjectionBatch batch, CancellationToken cancellation)
    {
        if (batch.Facts.Count == 0)
            return;
        var facts = batch.Facts.ToArray();
        await using var command = new NpgsqlCommand("""
            INSERT INTO partition_fact (partition, seq, ordinal, customer_id, project_id, plan, plan_version, status)
            SELECT * FROM unnest($1, $2, $3, $4, $5, $6, $7, $8)
            """, connection);
        command.Parameters
            .Array(Column(facts, row => row.Fact.Partition), NpgsqlDbType.Integer)
            .Array(Column(facts, row => row.Fact.Sequence), NpgsqlDbType.Bigint)
            .Array(Column(facts, row => row.Ordinal), NpgsqlDbType.Integer)
            .Array(Column(facts, row => row.Fact.CustomerId), NpgsqlDbType.Text)
            .Array(Column(facts, row => row.Fact.ProjectId), NpgsqlDbType.Text)
            .Array(Column(facts, row => row.Fact.Plan), NpgsqlDbType.Text)
            .Array(Column(facts, row => row.Fact.PlanVersion), NpgsqlDbType.Integer)
            .Array(Column(facts, row => (int?)row.Fact.Status), NpgsqlDbType.Integer);
        await command.ExecuteNonQueryAsync(cancellation);
    }

    /// <summary>The plans that a partition's projects are on now.</summary>
    public static async Task WritePlansAsync(NpgsqlConnection connection, int partition, ProjectPlans plans, CancellationToken cancellation)
    {
        if (plans.Changed.Count == 0)
            return;
        var rows = plans.Changed.Order(StringComparer.Ordinal).Select(project => (Project: project, Plan: plans.Of(project))).ToArray();
        await using var command = new NpgsqlCommand("""
            INSERT INTO projection_project (partition, project_id, plan, plan_version, next_plan, next_plan_version)
            SELECT $1, changed.* FROM unnest($2, $3, $4, $5, $6) AS changed
            ON CONFLICT (project_id) DO UPDATE SET plan = excluded.plan, plan_version = excluded.plan_version,
                next_plan = excluded.next_plan, next_plan_version = excluded.next_plan_version
            """, connection);
        command.Parameters.Int(partition)
            .Array(Column(rows, row => row.Project), NpgsqlDbType.Text)
            .Array(Column(rows, row => row.Plan.Plan), NpgsqlDbType.Text)
            .Array(Column(rows, row => row.Plan.Version), NpgsqlDbType.Integer)
            .Array(Column(rows, row => row.Plan.NextPlan), NpgsqlDbType.Text)
            .Array(Column(rows, row => row.Plan.NextVersion), NpgsqlDbType.Integer);
        await command.ExecuteNonQueryAsync(cancellation);
    }

    /// <summary>The bound of the retention, which stays as it is until the transaction ends.</summary>
    public static async Task<Instant> HoldRetentionAsync(NpgsqlConnection connection, CancellationToken cancellation)
    {
        await using var command = new NpgsqlCommand("""
            SELECT CASE WHEN isfinite(dropped_before) THEN dropped_before END FROM projection_retention FOR SHARE
            """, connection);
        var bounds = await command.ListAsync(
            row => row.IsDBNull(0) ? Instant.MinValue : PostgresTime.FromPostgres(row.GetFieldValue<long>(0)), cancellation);
        return bounds.Single();
    }

    // A sum of amounts may be more than an amount or a decimal can hold.
    private static string Units(Int128 nanos) => nanos.ToString(CultureInfo.InvariantCulture) + "e-9";

    private static TOut[] Column<TIn, TOut>(TIn[] rows, Func<TIn, TOut> column) => Array.ConvertAll(rows, row => column(row));
}
