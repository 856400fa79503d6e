using Metering.Core.Money;
using Metering.Storage.Postgres.Connections;
using Metering.Storage.Postgres.Outbox;
using Npgsql;
using NpgsqlTypes;

namespace Metering.Storage.Postgres.Projections;

/// <summary>Writes what a batch puts into the outbox, within the database transaction that moves the cursor.</summary>
internal static class OutboxWriter
{
    /// <summary>Completes what needs more than the batch, puts the rows in, and keeps the batch's thresholds. Comes after the
    /// invoices of the batch were written.</summary>
    public static async Task WriteAsync(NpgsqlConnection connection, OutboxRows rows, CancellationToken cancellation)
    {
        await DecideFallsAsync(connection, rows, cancellation);
        await DescribePaidAsync(connection, rows, cancellation);
        await OutboxInsert.RunAsync(connection, rows.Messages, cancellation);
        await WriteThresholdsAsync(connection, rows, cancellation);
    }

    /// <summary>Keeps the thresholds that the batch has set.</summary>
    public static async Task WriteThresholdsAsync(NpgsqlConnection connection, OutboxRows rows, CancellationToken cancellation)
    {
        if (rows.Thresholds.Count == 0)
            return;
        var changed = rows.Thresholds.OrderBy(row => row.Key, StringComparer.Ordinal).ToArray();
        await using var command = new NpgsqlCommand("""
            WITH changed AS (SELECT * FROM unnest($1, $2, $3) AS changed (customer_id, partition, threshold)),
                 gone AS (DELETE FROM projection_threshold USING changed
                     WHERE projection_threshold.customer_id = changed.customer_id AND changed.threshold IS NULL)
            INSERT INTO projection_threshold (customer_id, partition, threshold)
            SELECT customer_id, partition, threshold FROM changed WHERE threshold IS NOT NULL
            ON CONFLICT (customer_id) DO UPDATE SET threshold = excluded.threshold
            """, connection);
        command.Parameters
            .Array(Array.ConvertAll(changed, row => row.Key), NpgsqlDbType.Text)
            .Array(Array.ConvertAll(changed, row => row.Value.Partition), NpgsqlDbType.Integer)
            .Array(Array.ConvertAll(changed, row => row.Value.Threshold?.ToDecimal()), NpgsqlDbType.Numeric);
        await command.ExecuteNonQueryAsync(cancellation);
    }

    /// <summary>Those of some partitions in which a wallet has a threshold.</summary>
    public static async Task<IReadOnlyList<int>> ListWithThresholdsAsync(
        NpgsqlDataSource source, IReadOnlyCollection<int> partitions, CancellationToken cancellation)
    {
        await using var command = source.CreateCommand("""
            SELECT partition FROM unnest($1) AS asked (partition)
            WHERE EXISTS (SELECT FROM projection_threshold WHERE projection_threshold.partition = asked.partition)
            """);
        command.Parameters.Array(partitions.ToArray(), NpgsqlDbType.Integer);
        return await command.ListAsync(row => row.GetInt32(0), cancellation);
    }

    private static async Task DecideFallsAsync(NpgsqlConnection connection, OutboxRows rows, CancellationToken cancellation)
    {
        if (rows.Falls.Count == 0)
            return;
        await using var command = new NpgsqlCommand(
            "SELECT customer_id, threshold FROM projection_threshold WHERE customer_id = ANY ($1)", connection);
        command.Parameters.Array(rows.Falls.Select(fall => fall.CustomerId).Distinct().ToArray(), NpgsqlDbType.Text);
        var thresholds = (await command.ListAsync(
                row => (Customer: row.GetString(0), Threshold: Amount.FromDecimal(row.GetDecimal(1))), cancellation))
            .ToDictionary(row => row.Customer, row => row.Threshold, StringComparer.Ordinal);
        foreach (var fall in rows.Falls)
        {
            if (thresholds.TryGetValue(fall.CustomerId, out var threshold))
                rows.Decide(fall, threshold);
        }
    }

    private static async Task DescribePaidAsync(NpgsqlConnection connection, OutboxRows rows, CancellationToken cancellation)
    {
        if (rows.Paid.Count == 0)
            return;
        await using var command = new NpgsqlCommand(
            "SELECT id, project_id, legal_number, currency, total FROM invoice WHERE id = ANY ($1)", connection);
        command.Parameters.Array(rows.Paid.Select(paid => paid.InvoiceId).ToArray(), NpgsqlDbType.Text);
        var invoices = (await command.ListAsync(
                row => (Id: row.GetString(0), Facts: new InvoiceFacts(
                    row.GetString(1), row.GetString(2), row.GetString(3), Amount.FromDecimal(row.GetDecimal(4)))),
                cancellation))
            .ToDictionary(row => row.Id, row => row.Facts, StringComparer.Ordinal);
        foreach (var paid in rows.Paid)
        {
            rows.Describe(paid, invoices.TryGetValue(paid.InvoiceId, out var facts) ? facts : throw new InvalidDataException(
                $"The invoice '{paid.InvoiceId}' was paid and never issued."));
        }
    }
}
