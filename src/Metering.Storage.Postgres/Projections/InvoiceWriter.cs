using Metering.Core.Invoicing;
using Metering.Storage.Postgres.Connections;
using Npgsql;
using NpgsqlTypes;

namespace Metering.Storage.Postgres.Projections;

/// <summary>Writes the rows of invoices and credit notes within a database transaction that the caller begins and ends.</summary>
internal static class InvoiceWriter
{
    private const string InsertInvoices = """
        INSERT INTO invoice (id, partition, seq, customer_id, project_id, legal_number, period_start, period_end, first_day, plan,
            plan_version, currency, subtotal, tax, total, overage, credited, status, issued_at, due_at, digest, external_id)
        SELECT * FROM unnest($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22)
        """;

    private const string UpdateInvoices = """
        UPDATE invoice SET status = coalesce(changed.status, invoice.status), credited = invoice.credited + changed.credited,
            external_id = coalesce(changed.external_id, invoice.external_id)
        FROM unnest($1, $2, $3, $4) AS changed (id, status, credited, external_id) WHERE invoice.id = changed.id
        """;

    private const string InsertNotes = """
        INSERT INTO credit_note (partition, number, seq, label, invoice_id, customer_id, currency, total, reason, issued_at)
        SELECT * FROM unnest($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
        """;

    public static async Task WriteAsync(NpgsqlConnection connection, InvoiceRows rows, CancellationToken cancellation)
    {
        if (rows.Count == 0)
            return;
        var issued = rows.Changes.Where(row => row.Value.Issued is not null).OrderBy(row => row.Key, StringComparer.Ordinal).ToArray();
        var changed = rows.Changes.Where(row => row.Value.Issued is null).OrderBy(row => row.Key, StringComparer.Ordinal).ToArray();
        await InsertAsync(connection, [.. issued.Select(row => row.Value)], cancellation);
        await UpdateAsync(connection, changed, cancellation);
        await InsertNotesAsync(connection, [.. rows.Notes], cancellation);
    }

    /// <summary>Deletes what partitions have made, for a rebuild.</summary>
    public static async Task DeleteAsync(NpgsqlConnection connection, int[] partitions, CancellationToken cancellation)
    {
        foreach (var table in new[] { "invoice", "credit_note" })
        {
            await using var delete = new NpgsqlCommand($"DELETE FROM {table} WHERE partition = ANY ($1)", connection)
            {
                CommandTimeout = 0,
            };
            delete.Parameters.Array(partitions, NpgsqlDbType.Integer);
            await delete.ExecuteNonQueryAsync(cancellation);
        }
    }

    private static async Task InsertAsync(NpgsqlConnection connection, InvoiceChange[] rows, CancellationToken cancellation)
    {
        if (rows.Length == 0)
            return;
        await using var command = new NpgsqlCommand(InsertInvoices, connection);
        command.Parameters
            .Array(Column(rows, invoice => invoice.Id.Value), NpgsqlDbType.Text)
            .Array(Column(rows, invoice => invoice.LegalNumber!.Value.Partition), NpgsqlDbType.Integer)
            .Array(Array.ConvertAll(rows, row => row.Sequence), NpgsqlDbType.Bigint)
            .Array(Column(rows, invoice => invoice.Customer.Value), NpgsqlDbType.Text)
            .Array(Column(rows, invoice => invoice.Project.Value), NpgsqlDbType.Text)
            .Array(Column(rows, invoice => invoice.LegalNumber!.Value.ToString()), NpgsqlDbType.Text)
            .Array(Column(rows, invoice => invoice.Period.Start.ToPostgres()), NpgsqlDbType.TimestampTz)
            .Array(Column(rows, invoice => invoice.Period.End.ToPostgres()), NpgsqlDbType.TimestampTz)
            .Array(Column(rows, invoice => invoice.FirstDay), NpgsqlDbType.Date)
            .Array(Column(rows, invoice => invoice.Segments[^1].Plan.Value), NpgsqlDbType.Text)
            .Array(Column(rows, invoice => invoice.Segments[^1].PlanVersion), NpgsqlDbType.Integer)
            .Array(Column(rows, invoice => invoice.Currency.Code), NpgsqlDbType.Text)
            .Array(Column(rows, invoice => invoice.Subtotal.ToDecimal()), NpgsqlDbType.Numeric)
            .Array(Column(rows, invoice => invoice.Tax.ToDecimal()), NpgsqlDbType.Numeric)
            .Array(Column(rows, invoice => invoice.Total.ToDecimal()), NpgsqlDbType.Numeric)
            .Array(Column(rows, invoice => InvoiceRows.OverageOf(invoice).ToDecimal()), NpgsqlDbType.Numeric)
            .Array(Array.ConvertAll(rows, row => row.Credited.ToDecimal()), NpgsqlDbType.Numeric)
            .Array(Array.ConvertAll(rows, row => (int)row.Status!.Value), NpgsqlDbType.Integer)
            .Array(Column(rows, invoice => invoice.IssuedAt!.Value.ToPostgres()), NpgsqlDbType.TimestampTz)
            .Array(Column(rows, invoice => invoice.DueAt.ToPostgres()), NpgsqlDbType.TimestampTz)
            .Array(Array.ConvertAll(rows, row => row.Digest), NpgsqlDbType.Text)
            .Array(Array.ConvertAll(rows, row => row.ExternalId), NpgsqlDbType.Text);
        await command.ExecuteNonQueryAsync(cancellation);
    }

    private static async Task UpdateAsync(
        NpgsqlConnection connection, KeyValuePair<string, InvoiceChange>[] rows, CancellationToken cancellation)
    {
        if (rows.Length == 0)
            return;
        await using var command = new NpgsqlCommand(UpdateInvoices, connection);
        command.Parameters
            .Array(Array.ConvertAll(rows, row => row.Key), NpgsqlDbType.Text)
            .Array(Array.ConvertAll(rows, row => (int?)row.Value.Status), NpgsqlDbType.Integer)
            .Array(Array.ConvertAll(rows, row => row.Value.Credited.ToDecimal()), NpgsqlDbType.Numeric)
            .Array(Array.ConvertAll(rows, row => row.Value.ExternalId), NpgsqlDbType.Text);
        await command.ExecuteNonQueryAsync(cancellation);
    }

    private static async Task InsertNotesAsync(NpgsqlConnection connection, CreditNoteLine[] rows, CancellationToken cancellation)
    {
        if (rows.Length == 0)
            return;
        await using var command = new NpgsqlCommand(InsertNotes, connection);
        command.Parameters
            .Array(Array.ConvertAll(rows, row => row.Partition), NpgsqlDbType.Integer)
            .Array(Array.ConvertAll(rows, row => row.Note.Number.Sequence), NpgsqlDbType.Bigint)
            .Array(Array.ConvertAll(rows, row => row.Sequence), NpgsqlDbType.Bigint)
            .Array(Array.ConvertAll(rows, row => row.Note.Number.ToString()), NpgsqlDbType.Text)
            .Array(Array.ConvertAll(rows, row => row.Note.Invoice.Value), NpgsqlDbType.Text)
            .Array(Array.ConvertAll(rows, row => row.Note.Customer.Value), NpgsqlDbType.Text)
            .Array(Array.ConvertAll(rows, row => row.Note.Currency.Code), NpgsqlDbType.Text)
            .Array(Array.ConvertAll(rows, row => row.Note.Total.ToDecimal()), NpgsqlDbType.Numeric)
            .Array(Array.ConvertAll(rows, row => row.Note.Reason), NpgsqlDbType.Text)
            .Array(Array.ConvertAll(rows, row => row.Note.IssuedAt.ToPostgres()), NpgsqlDbType.TimestampTz);
        await command.ExecuteNonQueryAsync(cancellation);
    }

    private static TOut[] Column<TOut>(InvoiceChange[] rows, Func<Invoice, TOut> column) =>
        Array.ConvertAll(rows, row => column(row.Issued!));
}
