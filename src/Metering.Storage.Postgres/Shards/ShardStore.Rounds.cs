using Metering.Grid.Storage;
using Metering.Storage.Postgres.Connections;
using Npgsql;
using NpgsqlTypes;

namespace Metering.Storage.Postgres.Shards;

public sealed partial class ShardStore
{
    // The fence. FOR SHARE holds off a claim, which updates the row, until this write has committed; where a claim was first, the statement
    // waits for it and looks at the row again as it is then (READ COMMITTED), finds another epoch and leaves the group out.
    // Locks are taken in the order of the partitions, so two rounds never wait for each other in a circle.
    private const string WriteGroups = """
        INSERT INTO journal (partition, seq, epoch, at, body)
        SELECT round.partition, round.seq, round.epoch, round.at, round.body
        FROM unnest($1, $2, $3, $4, $5) AS round (partition, epoch, seq, at, body)
        JOIN (SELECT lease.partition, lease.epoch
              FROM lease JOIN unnest($1, $2) AS wanted (partition, epoch) USING (partition, epoch)
              WHERE lease.moved_to IS NULL
              ORDER BY lease.partition
              FOR SHARE OF lease) AS held USING (partition, epoch)
        RETURNING partition
        """;

    // No lock: the answers that wait for this need only that a snapshot taken after their decision saw the epoch.
    private const string CheckFences = """
        SELECT lease.partition
        FROM lease JOIN unnest($1, $2) AS wanted (partition, epoch) USING (partition, epoch)
        WHERE lease.moved_to IS NULL
        """;

    /// <inheritdoc />
    public async ValueTask WriteRoundAsync(
        IReadOnlyList<GroupWrite> groups, IReadOnlyList<FenceCheck> checks, ICollection<int> held, CancellationToken cancellation)
    {
        if (groups.Count == 0 && checks.Count == 0)
            return;
        await using var batch = database.Journal.CreateBatch();
        if (groups.Count > 0)
            batch.BatchCommands.Add(WriteCommand(groups));
        if (checks.Count > 0)
            batch.BatchCommands.Add(CheckCommand(checks));

        var seen = new List<int>(groups.Count + checks.Count);
        await using var reader = await batch.ExecuteReaderAsync(cancellation);
        do
        {
            while (await reader.ReadAsync(cancellation))
                seen.Add(reader.GetInt32(0));
        }
        while (await reader.NextResultAsync(cancellation));

        // Rows are sent before the commit. Only the end of the last result, which the server sends after it, makes them true.
        foreach (var partition in seen)
            held.Add(partition);
    }

    private static NpgsqlBatchCommand WriteCommand(IReadOnlyList<GroupWrite> groups)
    {
        var partitions = new int[groups.Count];
        var epochs = new long[groups.Count];
        var sequences = new long[groups.Count];
        var times = new long[groups.Count];
        var bodies = new ReadOnlyMemory<byte>[groups.Count];
        for (var i = 0; i < groups.Count; i++)
        {
            var group = groups[i];
            partitions[i] = group.Partition;
            epochs[i] = group.Epoch;
            sequences[i] = group.Sequence;
            times[i] = group.At.ToPostgres();
            bodies[i] = group.Body;
        }

        var command = new NpgsqlBatchCommand(WriteGroups);
        command.Parameters
            .Array(partitions, NpgsqlDbType.Integer)
            .Array(epochs, NpgsqlDbType.Bigint)
            .Array(sequences, NpgsqlDbType.Bigint)
            .Array(times, NpgsqlDbType.TimestampTz)
            .Array(bodies, NpgsqlDbType.Bytea);
        return command;
    }

    private static NpgsqlBatchCommand CheckCommand(IReadOnlyList<FenceCheck> checks)
    {
        var partitions = new int[checks.Count];
        var epochs = new long[checks.Count];
        for (var i = 0; i < checks.Count; i++)
            (partitions[i], epochs[i]) = (checks[i].Partition, checks[i].Epoch);

        var command = new NpgsqlBatchCommand(CheckFences);
        command.Parameters.Array(partitions, NpgsqlDbType.Integer).Array(epochs, NpgsqlDbType.Bigint);
        return command;
    }
}
