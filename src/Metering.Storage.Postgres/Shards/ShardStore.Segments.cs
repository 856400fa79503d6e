using Metering.Grid.Storage;
using Metering.Storage.Postgres.Connections;
using NpgsqlTypes;

namespace Metering.Storage.Postgres.Shards;

public sealed partial class ShardStore
{
    /// <inheritdoc />
    public async ValueTask<IReadOnlyList<SegmentInfo>> ReadSegmentsAsync(int partition, CancellationToken cancellation)
    {
        // octet_length of an uncompressed value reads its header, not the value.
        await using var command = database.Journal.CreateCommand("""
            SELECT id, level, first_seq, last_seq, newest_at, count, block_bits, octet_length(filter)
            FROM dedup_segment WHERE partition = $1 ORDER BY first_seq, id
            """);
        command.Parameters.Int(partition);
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        var segments = new List<SegmentInfo>();
        while (await reader.ReadAsync(cancellation))
        {
            segments.Add(new SegmentInfo(
                reader.GetInt64(0), reader.GetInt32(1), reader.GetInt64(2), reader.GetInt64(3),
                PostgresTime.FromPostgres(reader.GetFieldValue<long>(4)), reader.GetInt64(5), reader.GetInt32(6), reader.GetInt32(7)));
        }

        return segments;
    }

    private const int MergeTimeoutSeconds = 300;

    private const string SaveSegment = """
        WITH held AS MATERIALIZED (
                 SELECT partition FROM lease WHERE partition = $1 AND epoch = $2 AND moved_to IS NULL FOR SHARE),
             gone_blocks AS (
                 DELETE FROM dedup_block USING held WHERE dedup_block.partition = held.partition AND segment = ANY ($3)),
             gone AS (
                 DELETE FROM dedup_segment USING held WHERE dedup_segment.partition = held.partition AND id = ANY ($3)),
             added AS (
                 INSERT INTO dedup_segment (partition, id, level, first_seq, last_seq, newest_at, count, block_bits, filter)
                 SELECT held.partition, $4, $5, $6, $7, $8, $9, $10, $11 FROM held WHERE $4 IS NOT NULL),
             blocks AS (
                 INSERT INTO dedup_block (partition, segment, block, body)
                 SELECT held.partition, $4, block.number - 1, block.body
                 FROM held, unnest($12) WITH ORDINALITY AS block (body, number) WHERE $4 IS NOT NULL)
        SELECT partition FROM held
        """;

    /// <inheritdoc />
    public async ValueTask<bool> SaveSegmentAsync(SegmentWrite write, CancellationToken cancellation)
    {
        var segment = write.Segment;
        await using var command = database.Journal.CreateCommand(SaveSegment);
        // A merge writes up to 100 MB, in the background.
        if (write.Removed.Count > 0)
            command.CommandTimeout = MergeTimeoutSeconds;
        command.Parameters
            .Int(write.Partition).Long(write.Epoch).Array(write.Removed.ToArray(), NpgsqlDbType.Bigint)
            .LongOrNull(segment?.Id).IntOrNull(segment?.Level).LongOrNull(segment?.FirstSequence).LongOrNull(segment?.LastSequence)
            .TimeOrNull(segment?.NewestAt).LongOrNull(segment?.Count).IntOrNull(segment?.BlockBits).Bytes(write.Filter)
            .Array(write.Blocks.ToArray(), NpgsqlDbType.Bytea);
        return await HeldAsync(command, cancellation);
    }

    /// <inheritdoc />
    public async ValueTask<byte[]?> ReadSegmentFilterAsync(int partition, long segment, CancellationToken cancellation)
    {
        await using var command = database.Journal.CreateCommand("SELECT filter FROM dedup_segment WHERE partition = $1 AND id = $2");
        command.Parameters.Int(partition).Long(segment);
        return (byte[]?)await command.ExecuteScalarAsync(cancellation);
    }

    /// <inheritdoc />
    public async ValueTask<IReadOnlyList<SegmentBlock>> ReadSegmentBlocksAsync(
        int partition, IReadOnlyList<SegmentBlockKey> keys, CancellationToken cancellation)
    {
        if (keys.Count == 0)
            return [];
        await using var command = database.Journal.CreateCommand("""
            SELECT segment, block, body
            FROM dedup_block JOIN unnest($2, $3) AS wanted (segment, block) USING (segment, block)
            WHERE partition = $1
            """);
        command.Parameters
            .Int(partition)
            .Array(keys.Select(key => key.Segment).ToArray(), NpgsqlDbType.Bigint)
            .Array(keys.Select(key => key.Block).ToArray(), NpgsqlDbType.Integer);
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        var blocks = new List<SegmentBlock>(keys.Count);
        while (await reader.ReadAsync(cancellation))
            blocks.Add(new SegmentBlock(reader.GetInt64(0), reader.GetInt32(1), reader.GetFieldValue<byte[]>(2)));
        return blocks;
    }
}
