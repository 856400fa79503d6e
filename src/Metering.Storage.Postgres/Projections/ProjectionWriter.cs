using System.Buffers;
using Metering.Core.Time;
using Metering.Grid.Directory;
using Metering.Storage.Postgres.Connections;
using Npgsql;
using NpgsqlTypes;

namespace Metering.Storage.Postgres.Projections;

/// <summary>Writes a batch's rows within a database transaction that the caller begins and ends.</summary>
internal static class ProjectionWriter
{
    private const int GatheredBytes = 64 * 1024;

    // Rows of one day, as nearly all batches hold, go into its table: finding each row's table would cost a quarter of the copy.
    private static string CopyEvents(HashSet<Instant> days) => $"""
        COPY {(days.Count == 1 ? EventDays.TableOf(days.Single()) : "usage_event")}
            (time, at, seq, partition, ordinal, plan_version, project_id, customer_id, source, id, type, plan, credits, data)
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

    private const string CopyHourChanges = "COPY usage_hour_change (partition, bucket, seq, body) FROM STDIN (FORMAT binary)";

    /// <summary>Raw events, ledger entries and alerts.</summary>
    public static async Task WriteAsync(NpgsqlConnection connection, ProjectionBatch batch, CancellationToken cancellation)
    {
        // Sorted by project: the BRIN index holds ranges of pages, and a range that holds one project's rows is skipped for all others.
        await CopyAsync(
            connection, CopyEvents(batch.Days), batch.Events.Count, batch.Order.Of(batch.Events.Count, batch.ProjectOfEvent),
            batch.EventBytes, batch.PlaceOfEvent, cancellation);
        // Sorted by customer: neighbours in the primary key are written together.
        await CopyAsync(
            connection, CopyLedger, batch.LedgerRows.Count, batch.Order.Of(batch.LedgerRows.Count, batch.CustomerOfLedgerRow), batch.Ledger,
            batch.PlaceOfLedgerRow, cancellation);
        await CopyAsync(connection, CopyAlerts, batch.Alerts, cancellation);
        await InvoiceWriter.WriteAsync(connection, batch.Invoices, cancellation);
    }

    /// <summary>The hours as changes to be settled later.</summary>
    /// <returns>Their bytes.</returns>
    public static async Task<int> WriteHourChangesAsync(
        NpgsqlConnection connection, ProjectionBatch batch, (int Partition, long Sequence)[] last, CancellationToken cancellation)
    {
        var rows = batch.HourChanges.Make(batch.Hours, last.ToDictionary(end => end.Partition, end => end.Sequence));
        await CopyAsync(connection, CopyHourChanges, rows, cancellation);
        return rows.Length;
    }

    private static async Task CopyAsync(
        NpgsqlConnection connection, string sql, int count, ReadOnlyMemory<int> order, CopyBuffer rows,
        Func<int, (int Start, int Length)> place, CancellationToken cancellation)
    {
        if (count == 0)
            return;
        await using var stream = await BeginAsync(connection, sql, cancellation);
        var gathered = ArrayPool<byte>.Shared.Rent(GatheredBytes);
        try
        {
            CopyBuffer.Header.CopyTo(gathered, 0);
            var length = CopyBuffer.Header.Length;
            for (var at = 0; at < order.Length; at++)
            {
                var (start, size) = place(order.Span[at]);
                if (length + size > gathered.Length)
                {
                    await stream.WriteAsync(gathered.AsMemory(0, length), cancellation);
                    length = 0;
                }

                if (size > gathered.Length)
                {
                    await stream.WriteAsync(rows.Slice(start, size), cancellation);
                    continue;
                }

                rows.Slice(start, size).Span.CopyTo(gathered.AsSpan(length));
                length += size;
            }

            await stream.WriteAsync(gathered.AsMemory(0, length), cancellation);
            await stream.WriteAsync(CopyBuffer.Trailer, cancellation);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(gathered);
        }
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
        var rows = plans.Changed.Select(project => (Project: project.ProjectId, Plan: project.Plan!.Value))
            .OrderBy(row => row.Project, StringComparer.Ordinal).ToArray();
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

    private static TOut[] Column<TIn, TOut>(TIn[] rows, Func<TIn, TOut> column) => Array.ConvertAll(rows, row => column(row));
}
