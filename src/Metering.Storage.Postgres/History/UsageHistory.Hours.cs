using System.Data;
using Metering.Grid.History;
using Metering.Storage.Postgres.Connections;
using Metering.Storage.Postgres.Projections;
using Npgsql;
using NpgsqlTypes;

namespace Metering.Storage.Postgres.History;

public sealed partial class UsageHistory
{
    /// <summary>The most hourly rows of one answer.</summary>
    public const int HoursMax = 500_000;

    /// <inheritdoc />
    /// <remarks>What an hour counted is its row and all changes of it that are not settled yet: both are read in one snapshot.</remarks>
    public async ValueTask<IReadOnlyList<UsageHourRow>> ReadHoursAsync(HourQuery query, CancellationToken cancellation)
    {
        var bucket = HourChanges.BucketOf(System.Text.Encoding.UTF8.GetBytes(query.CustomerId));
        await using var connection = await shardOf(query.Partition).Queries.OpenConnectionAsync(cancellation);
        await using var transaction = await connection.BeginTransactionAsync(IsolationLevel.RepeatableRead, cancellation);
        await using var batch = new NpgsqlBatch(connection, transaction);
        var changed = new NpgsqlBatchCommand("SELECT body FROM usage_hour_change WHERE partition = $1 AND bucket = $2");
        changed.Parameters.Int(query.Partition).Int(bucket);
        batch.BatchCommands.Add(changed);
        batch.BatchCommands.Add(Settled(query));
        await using var reader = await batch.ExecuteReaderAsync(cancellation);
        var merge = new HourMerge(query);
        while (await reader.ReadAsync(cancellation))
            merge.Add(reader.GetFieldValue<byte[]>(0));
        await reader.NextResultAsync(cancellation);
        if (merge.IsEmpty)
            return Bounded(await reader.RowsAsync(ReadHour, cancellation));
        while (await reader.ReadAsync(cancellation))
        {
            merge.Add(ReadHour(reader), reader.GetInt64(10), reader.GetInt32(11));
            if (merge.Count > HoursMax)
                throw new TooManyRowsException(HoursMax);
        }

        return Bounded(merge.List());
    }

    private static NpgsqlBatchCommand Settled(HourQuery query)
    {
        // The customer leads the primary key, so a project's hours and those of all projects are each one range of it.
        var project = query.ProjectId is null ? "" : "AND project_id = $5";
        var meters = query.Meters is null ? "" : "AND meter = ANY ($4)";
        var command = new NpgsqlBatchCommand($"""
            SELECT project_id, meter, dimensions, start, sum, count, max, latest, latest_time, credits, latest_seq, latest_ordinal
            FROM usage_hourly WHERE customer_id = $1 AND start >= $2 AND start < $3 {meters} {project}
            ORDER BY start, meter, dimensions, project_id LIMIT {HoursMax + 1}
            """);
        command.Parameters.Text(query.CustomerId).Time(query.Start).Time(query.End)
            .Array(query.Meters?.ToArray() ?? [], NpgsqlDbType.Text).Text(query.ProjectId);
        return command;
    }

    private static List<UsageHourRow> Bounded(List<UsageHourRow> rows) =>
        rows.Count <= HoursMax ? rows : throw new TooManyRowsException(HoursMax);

    private static UsageHourRow ReadHour(NpgsqlDataReader row) => new(
        row.GetString(0), row.GetString(1), row.GetString(2), At(row, 3), Number(row, 4), row.GetInt64(5), Number(row, 6), Number(row, 7),
        At(row, 8), Number(row, 9));
}
