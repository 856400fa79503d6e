using Metering.Core.Time;
using Metering.Grid.Storage;
using Metering.Storage.Postgres.Connections;
using Npgsql;
using NpgsqlTypes;

namespace Metering.Storage.Postgres.Shards;

public sealed partial class ShardStore
{
    /// <inheritdoc />
    public async ValueTask<PartitionRecord> ReadPartitionAsync(int partition, CancellationToken cancellation)
    {
        await using var batch = database.Journal.CreateBatch();
        var record = new NpgsqlBatchCommand("SELECT replay_after, record FROM partition_record WHERE partition = $1");
        record.Parameters.Int(partition);
        batch.BatchCommands.Add(record);
        var due = new NpgsqlBatchCommand(
            "SELECT bucket, next_due FROM checkpoint WHERE partition = $1 AND next_due IS NOT NULL ORDER BY next_due, bucket");
        due.Parameters.Int(partition);
        batch.BatchCommands.Add(due);

        await using var reader = await batch.ExecuteReaderAsync(cancellation);
        var (replayAfter, body) = (0L, Array.Empty<byte>());
        if (await reader.ReadAsync(cancellation))
            (replayAfter, body) = (reader.GetInt64(0), reader.GetFieldValue<byte[]>(1));
        await reader.NextResultAsync(cancellation);
        var buckets = new List<BucketDue>();
        while (await reader.ReadAsync(cancellation))
            buckets.Add(new BucketDue(reader.GetInt32(0), PostgresTime.FromPostgres(reader.GetFieldValue<long>(1))));
        return new PartitionRecord(replayAfter, body, buckets);
    }

    /// <inheritdoc />
    public async ValueTask<IReadOnlyList<BucketRow>> ReadBucketsAsync(IReadOnlyList<BucketKey> keys, CancellationToken cancellation)
    {
        if (keys.Count == 0)
            return [];
        await using var command = database.Journal.CreateCommand("""
            SELECT partition, bucket, seq, next_due, body
            FROM checkpoint JOIN unnest($1, $2) AS wanted (partition, bucket) USING (partition, bucket)
            """);
        command.Parameters
            .Array(keys.Select(key => key.Partition).ToArray(), NpgsqlDbType.Integer)
            .Array(keys.Select(key => key.Bucket).ToArray(), NpgsqlDbType.Integer);
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        var rows = new List<BucketRow>(keys.Count);
        while (await reader.ReadAsync(cancellation))
        {
            Instant? due = reader.IsDBNull(3) ? null : PostgresTime.FromPostgres(reader.GetFieldValue<long>(3));
            rows.Add(new BucketRow(reader.GetInt32(0), reader.GetInt32(1), reader.GetInt64(2), due, reader.GetFieldValue<byte[]>(4)));
        }

        return rows;
    }

    // One statement, so one database transaction: the fence, the buckets and the record stand or fall together.
    // An older position never replaces a newer one: a statement whose client gave up may still be running beside its successor.
    private const string SaveCheckpoint = """
        WITH held AS MATERIALIZED (
                 SELECT partition FROM lease WHERE partition = $1 AND epoch = $2 AND moved_to IS NULL FOR SHARE),
             buckets AS (
                 INSERT INTO checkpoint (partition, bucket, seq, next_due, body)
                 SELECT held.partition, saved.bucket, saved.seq, saved.next_due, saved.body
                 FROM held, unnest($3, $4, $5, $6) AS saved (bucket, seq, next_due, body)
                 ON CONFLICT (partition, bucket) DO UPDATE
                 SET seq = excluded.seq, next_due = excluded.next_due, body = excluded.body
                 WHERE checkpoint.seq <= excluded.seq),
             record AS (
                 INSERT INTO partition_record (partition, replay_after, record)
                 SELECT held.partition, $7, coalesce($8, ''::bytea) FROM held WHERE $7 IS NOT NULL
                 ON CONFLICT (partition) DO UPDATE
                 SET replay_after = excluded.replay_after, record = coalesce($8, partition_record.record)
                 WHERE partition_record.replay_after <= excluded.replay_after)
        SELECT partition FROM held
        """;

    /// <inheritdoc />
    public async ValueTask<bool> SaveCheckpointAsync(CheckpointWrite write, CancellationToken cancellation)
    {
        var buckets = write.Buckets;
        await using var command = database.Journal.CreateCommand(SaveCheckpoint);
        command.Parameters
            .Int(write.Partition).Long(write.Epoch)
            .Array(buckets.Select(bucket => bucket.Bucket).ToArray(), NpgsqlDbType.Integer)
            .Array(buckets.Select(bucket => bucket.Sequence).ToArray(), NpgsqlDbType.Bigint)
            .Array(buckets.Select(bucket => bucket.NextDue?.ToPostgres()).ToArray(), NpgsqlDbType.TimestampTz)
            .Array(buckets.Select(bucket => bucket.Body).ToArray(), NpgsqlDbType.Bytea)
            .LongOrNull(write.ReplayAfter).Bytes(write.Record);
        return await HeldAsync(command, cancellation);
    }

    /// <summary>Whether a statement that answers the lease row it wrote under found one; the answer counts only once all of it was
    /// read.</summary>
    private static async Task<bool> HeldAsync(NpgsqlCommand command, CancellationToken cancellation)
    {
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        var held = await reader.ReadAsync(cancellation);
        while (await reader.NextResultAsync(cancellation))
        {
        }

        return held;
    }
}
