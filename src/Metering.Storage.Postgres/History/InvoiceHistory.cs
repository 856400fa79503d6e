using Metering.Core.Ids;
using Metering.Core.Invoicing;
using Metering.Core.Money;
using Metering.Core.Time;
using Metering.Grid.History;
using Metering.Storage.Postgres.Connections;
using Metering.Storage.Postgres.Shards;
using Npgsql;
using NpgsqlTypes;

namespace Metering.Storage.Postgres.History;

/// <summary>Lists of invoices and sums over them. What is asked of all shards is asked of each, about the partitions that live there, and
/// put together here.</summary>
/// <param name="map">Where partitions live.</param>
/// <remarks>A limit is 1 to 1,000 (sums: 10,000), an offset 0 to 100,000: anything else is an <see cref="ArgumentOutOfRangeException"/>. A
/// cursor that no such query has answered is a <see cref="FormatException"/>.</remarks>
public sealed class InvoiceHistory(IShardMap map) : IInvoiceHistory
{
    private const int LimitMax = 1_000;
    private const int OffsetMax = 100_000;
    private const int SumsMax = 10_000;

    /// <param name="shards">All shards; nothing moves among them.</param>
    /// <param name="shardOf">The shard of a partition.</param>
    public InvoiceHistory(IReadOnlyList<ShardDatabase> shards, Func<int, ShardDatabase> shardOf)
        : this(new FixedShardMap(shards, shardOf))
    {
    }

    private const string Columns = """
        id, customer_id, project_id, partition, legal_number, period_start, period_end, first_day, plan, plan_version, currency, subtotal,
        tax, total, overage, credited, status, issued_at, due_at, digest, external_id, seq
        """;

    /// <inheritdoc />
    public async ValueTask<InvoicePage> ListAsync(InvoiceQuery query, CancellationToken cancellation)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(query.Limit, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(query.Limit, LimitMax);
        ArgumentOutOfRangeException.ThrowIfNegative(query.Offset);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(query.Offset, OffsetMax);
        var after = InvoiceCursor.Read(query.Cursor);
        var rows = new List<InvoiceRow>();
        var total = 0L;
        var homes = map.Now;
        foreach (var shard in query.Partition is { } partition ? [homes.Of(partition)] : homes.Shards)
        {
            var (found, count) = await ListAsync(shard, homes.PartitionsOf(shard), query, after, cancellation);
            rows.AddRange(found);
            total += count;
        }

        rows.Sort(static (left, right) =>
        {
            var order = right.FirstDay.CompareTo(left.FirstDay);
            return order != 0 ? order : string.CompareOrdinal(left.Id, right.Id);
        });
        var page = rows.Skip(query.Offset).Take(query.Limit).ToArray();
        var more = rows.Count > query.Offset + query.Limit;
        return new InvoicePage(page, total, more ? InvoiceCursor.Write(page[^1].FirstDay, page[^1].Id) : null);
    }

    /// <inheritdoc />
    public async ValueTask<IReadOnlyList<CreditNoteRow>> ListCreditNotesAsync(
        int partition, InvoiceId invoice, CancellationToken cancellation)
    {
        await using var command = map.Now.Of(partition).Queries.CreateCommand($"""
            SELECT label, invoice_id, customer_id, currency, total, reason, issued_at
            FROM credit_note WHERE invoice_id = $1 ORDER BY number LIMIT {LimitMax}
            """);
        command.Parameters.Text(invoice.Value);
        return await command.ListAsync(
            row => new CreditNoteRow(
                row.GetString(0), row.GetString(1), row.GetString(2), row.GetString(3), Number(row, 4), row.GetString(5), At(row, 6)),
            cancellation);
    }

    /// <inheritdoc />
    public async ValueTask<IReadOnlyList<RevenueRow>> SumAsync(RevenueQuery query, CancellationToken cancellation)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(query.Limit, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(query.Limit, SumsMax);
        var sums = new Dictionary<(string, DateOnly?, string?), RevenueRow>();
        var homes = map.Now;
        foreach (var shard in homes.Shards)
        {
            foreach (var row in await SumAsync(shard, homes.PartitionsOf(shard), query, cancellation))
            {
                var key = (row.Currency, row.Month, row.CustomerId);
                sums[key] = sums.TryGetValue(key, out var sum) ? Add(sum, row) : row;
            }
        }

        return [.. sums.Values
            .OrderByDescending(row => row.Total).ThenBy(row => row.CustomerId, StringComparer.Ordinal).Take(query.Limit)
            .OrderBy(row => row.Currency, StringComparer.Ordinal).ThenBy(row => row.Month)
            .ThenBy(row => row.CustomerId, StringComparer.Ordinal)];
    }

    /// <inheritdoc />
    public async ValueTask<long> CountEventsAsync(DateOnly from, DateOnly until, CancellationToken cancellation)
    {
        var total = 0L;
        var homes = map.Now;
        foreach (var shard in homes.Shards)
        {
            await using var command = shard.Queries.CreateCommand(
                "SELECT count(*) FROM usage_event WHERE time >= $1::date::timestamp AT TIME ZONE 'UTC' "
                + "AND time < $2::date::timestamp AT TIME ZONE 'UTC' AND ($3::int[] IS NULL OR partition = ANY ($3))");
            command.Parameters.DayOrNull(from).DayOrNull(until).ArrayOrNull(homes.PartitionsOf(shard), NpgsqlDbType.Integer);
            total += (await command.ListAsync(row => row.GetInt64(0), cancellation)).Single();
        }

        return total;
    }

    // As many as the page needs from this shard alone, should it have them all.
    private static async Task<(List<InvoiceRow> Rows, long Total)> ListAsync(
        ShardDatabase shard, int[]? partitions, InvoiceQuery query, (DateOnly Day, string Id)? after, CancellationToken cancellation)
    {
        var (where, fill) = Filter(query, partitions);
        var place = after is null ? "" : "AND (first_day < $7 OR (first_day = $7 AND id > $8))";
        await using var batch = shard.Queries.CreateBatch();
        var page = new NpgsqlBatchCommand(
            $"SELECT {Columns} FROM invoice {where} {place} ORDER BY first_day DESC, id LIMIT $6");
        var count = new NpgsqlBatchCommand($"SELECT count(*) FROM invoice {where}");
        fill(page.Parameters);
        page.Parameters.Int(query.Offset + query.Limit + 1);
        if (after is { } begin)
            page.Parameters.DayOrNull(begin.Day).Text(begin.Id);
        fill(count.Parameters);
        batch.BatchCommands.Add(page);
        batch.BatchCommands.Add(count);
        await using var reader = await batch.ExecuteReaderAsync(cancellation);
        var rows = await reader.RowsAsync(ReadRow, cancellation);
        return (rows, (await reader.NextRowsAsync(row => row.GetInt64(0), cancellation))[0]);
    }

    // Parameters that a condition does not name are sent all the same: their numbers are then the same in every combination.
    private static (string Where, Action<NpgsqlParameterCollection> Fill) Filter(InvoiceQuery query, int[]? partitions)
    {
        List<string> conditions =
        [
            "($1::int IS NULL OR partition = $1)", "($4::int IS NULL OR status = $4)", "($5::int[] IS NULL OR partition = ANY ($5))",
        ];
        conditions.Add(query.CustomerId is null ? "$2::text IS NULL" : "customer_id = $2");
        conditions.Add(query.ProjectId is null ? "$3::text IS NULL" : "project_id = $3");
        if (query.OnlyUnpushed)
            conditions.Add("external_id IS NULL");
        return ($"WHERE {string.Join(" AND ", conditions)}", parameters => parameters
            .IntOrNull(query.Partition).Text(query.CustomerId).Text(query.ProjectId).IntOrNull((int?)query.Status)
            .ArrayOrNull(partitions, NpgsqlDbType.Integer));
    }

    private static async Task<List<RevenueRow>> SumAsync(
        ShardDatabase shard, int[]? partitions, RevenueQuery query, CancellationToken cancellation)
    {
        var month = query.ByMonth ? "date_trunc('month', first_day)::date" : "NULL::date";
        var customer = query.ByCustomer ? "customer_id" : "NULL::text";
        await using var command = shard.Queries.CreateCommand($"""
            SELECT currency, {month} AS month, {customer} AS customer, count(*), sum(total - tax), sum(total), sum(overage), sum(credited)
            FROM invoice
            WHERE status <> {(int)InvoiceStatus.Void} AND ($1::date IS NULL OR first_day >= $1) AND ($2::date IS NULL OR first_day < $2)
                AND ($4::text[] IS NULL OR customer_id = ANY($4)) AND ($5::int[] IS NULL OR partition = ANY ($5))
            GROUP BY 1, 2, 3 ORDER BY sum(total) DESC, 1, 2, 3 LIMIT $3
            """);
        command.Parameters.DayOrNull(query.From).DayOrNull(query.Until).Int(query.Limit)
            .ArrayOrNull(query.Customers?.ToArray(), NpgsqlDbType.Text).ArrayOrNull(partitions, NpgsqlDbType.Integer);
        return await command.ListAsync(
            row => new RevenueRow(
                row.GetString(0), row.IsDBNull(1) ? null : row.GetFieldValue<DateOnly>(1), row.TextOrNull(2), row.GetInt64(3),
                Number(row, 4), Number(row, 5), Number(row, 6), Number(row, 7)),
            cancellation);
    }

    private static RevenueRow Add(RevenueRow left, RevenueRow right) => left with
    {
        Invoices = left.Invoices + right.Invoices,
        Net = left.Net + right.Net,
        Total = left.Total + right.Total,
        Overage = left.Overage + right.Overage,
        Credited = left.Credited + right.Credited,
    };

    private static InvoiceRow ReadRow(NpgsqlDataReader row) => new(
        row.GetString(0), row.GetString(1), row.GetString(2), row.GetInt32(3), row.GetString(4), new Period(At(row, 5), At(row, 6)),
        row.GetFieldValue<DateOnly>(7), row.GetString(8), row.GetInt32(9), row.GetString(10), Number(row, 11), Number(row, 12),
        Number(row, 13), Number(row, 14), Number(row, 15), (InvoiceStatus)row.GetInt32(16), At(row, 17), At(row, 18), row.GetString(19),
        row.TextOrNull(20), row.GetInt64(21));

    private static Instant At(NpgsqlDataReader row, int column) => PostgresTime.FromPostgres(row.GetFieldValue<long>(column));

    private static Amount Number(NpgsqlDataReader row, int column) => Amount.FromDecimal(row.GetDecimal(column));
}
