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
            WITH changed AS (
                     SELECT given.customer_id, given.partition,
                         CASE WHEN given.has_top_up THEN given.top_up ELSE kept.top_up END AS top_up,
                         CASE WHEN given.has_low_balance THEN given.low_balance ELSE kept.low_balance END AS low_balance
                     FROM unnest($1, $2, $3, $4, $5, $6)
                         AS given (customer_id, partition, has_top_up, top_up, has_low_balance, low_balance)
                     LEFT JOIN projection_threshold AS kept ON kept.customer_id = given.customer_id),
                 gone AS (DELETE FROM projection_threshold USING changed
                     WHERE projection_threshold.customer_id = changed.customer_id
                         AND changed.top_up IS NULL AND changed.low_balance IS NULL)
            INSERT INTO projection_threshold (customer_id, partition, top_up, low_balance)
            SELECT customer_id, partition, top_up, low_balance FROM changed WHERE top_up IS NOT NULL OR low_balance IS NOT NULL
            ON CONFLICT (customer_id) DO UPDATE SET top_up = excluded.top_up, low_balance = excluded.low_balance
            """, connection);
        command.Parameters
            .Array(Array.ConvertAll(changed, row => row.Key), NpgsqlDbType.Text)
            .Array(Array.ConvertAll(changed, row => row.Value.Partition), NpgsqlDbType.Integer)
            .Array(Array.ConvertAll(changed, row => row.Value.HasTopUp), NpgsqlDbType.Boolean)
            .Array(Array.ConvertAll(changed, row => row.Value.TopUp?.ToDecimal()), NpgsqlDbType.Numeric)
            .Array(Array.ConvertAll(changed, row => row.Value.HasLowBalance), NpgsqlDbType.Boolean)
            .Array(Array.ConvertAll(changed, row => row.Value.LowBalance?.ToDecimal()), NpgsqlDbType.Numeric);
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
            "SELECT customer_id, top_up, low_balance FROM projection_threshold WHERE customer_id = ANY ($1)", connection);
        command.Parameters.Array(rows.Falls.Select(fall => fall.CustomerId).Distinct().ToArray(), NpgsqlDbType.Text);
        var thresholds = (await command.ListAsync(
                row => (Customer: row.GetString(0), Thresholds: new WalletThresholds(AmountOrNull(row, 1), AmountOrNull(row, 2))),
                cancellation))
            .ToDictionary(row => row.Customer, row => row.Thresholds, StringComparer.Ordinal);
        foreach (var fall in rows.Falls)
            rows.Decide(fall, thresholds.GetValueOrDefault(fall.CustomerId));
    }

    private static Amount? AmountOrNull(NpgsqlDataReader row, int column) =>
        row.IsDBNull(column) ? null : Amount.FromDecimal(row.GetDecimal(column));

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
