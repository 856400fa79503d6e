using Metering.Grid.Storage;
using Metering.Storage.Postgres.Connections;
using Npgsql;
using NpgsqlTypes;

namespace Metering.Storage.Postgres.Shards;

public sealed partial class ShardStore
{
    private static readonly TimeSpan LockPatience = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan BlockerInterval = TimeSpan.FromMilliseconds(20);

    // The row is updated in every case, so what comes back was decided under its lock: a separate look could be stale by then.
    // set_config(..., true) is SET LOCAL for the one database transaction of this round trip.
    private const string SetLockTimeout = "SELECT set_config('lock_timeout', $1, true)";

    private const string RaiseEpoch = """
        UPDATE lease
        SET epoch = CASE WHEN moved_to IS NULL AND (NOT $3 OR owner = $2) THEN epoch + 1 ELSE epoch END,
            owner = CASE WHEN moved_to IS NULL AND (NOT $3 OR owner = $2) THEN $2 ELSE owner END
        WHERE partition = $1
        RETURNING epoch, moved_to, owner IS NOT DISTINCT FROM $2
        """;

    // Only sessions that wait for nobody are ended: one that waits in turn, such as another claim, is not the cause.
    private const string EndBlockers = """
        WITH RECURSIVE blocker (pid) AS (
            SELECT unnest(pg_blocking_pids($1))
            UNION
            SELECT next.pid FROM blocker, LATERAL unnest(pg_blocking_pids(blocker.pid)) AS next (pid))
        SELECT pg_terminate_backend(pid) FROM blocker WHERE pid <> 0 AND cardinality(pg_blocking_pids(pid)) = 0
        """;

    /// <inheritdoc />
    public async ValueTask<PartitionClaim> ClaimAsync(ClaimRequest request, CancellationToken cancellation)
    {
        await using var connection = await database.Journal.OpenConnectionAsync(cancellation);
        try
        {
            return await RaiseEpochAsync(connection, request, LockPatience, cancellation);
        }
        catch (PostgresException e) when (e.SqlState == SqlStates.LockNotAvailable)
        {
            return await ClaimPastBlockersAsync(connection, request, cancellation);
        }
    }

    private async Task<PartitionClaim> ClaimPastBlockersAsync(
        NpgsqlConnection connection, ClaimRequest request, CancellationToken cancellation)
    {
        // Who blocks is known only while the claim waits, so it waits without a limit of its own (the command's timeout remains) while a
        // second connection ends the blockers, again and again: between two looks another write of the old owner may have begun.
        var waiter = connection.ProcessID;
        var claim = RaiseEpochAsync(connection, request, TimeSpan.Zero, cancellation);
        try
        {
            await using var helper = await database.Journal.OpenConnectionAsync(cancellation);
            while (!claim.IsCompleted)
            {
                await using var end = new NpgsqlCommand(EndBlockers, helper);
                end.Parameters.Int(waiter);
                await end.ExecuteNonQueryAsync(cancellation);
                await Task.WhenAny(claim, Task.Delay(BlockerInterval, time, cancellation));
            }
        }
        catch (Exception) when (!claim.IsCompletedSuccessfully)
        {
            // The connection goes back to the pool when this method ends: the claim must be done with it.
            await claim.ContinueWith(static _ => { }, CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
            throw;
        }

        return await claim;
    }

    private static async Task<PartitionClaim> RaiseEpochAsync(
        NpgsqlConnection connection, ClaimRequest request, TimeSpan lockTimeout, CancellationToken cancellation)
    {
        await using var batch = new NpgsqlBatch(connection);
        var limit = new NpgsqlBatchCommand(SetLockTimeout);
        limit.Parameters.Text($"{(int)lockTimeout.TotalMilliseconds}ms");
        batch.BatchCommands.Add(limit);
        var raise = new NpgsqlBatchCommand(RaiseEpoch);
        raise.Parameters.Int(request.Partition).Typed(request.Owner, NpgsqlDbType.Uuid).Bool(request.OnlyIfMine);
        batch.BatchCommands.Add(raise);

        await using var reader = await batch.ExecuteReaderAsync(cancellation);
        await reader.NextResultAsync(cancellation);
        if (!await reader.ReadAsync(cancellation))
            return new PartitionClaim(ClaimStatus.Absent, 0, null);
        var epoch = reader.GetInt64(0);
        var movedTo = reader.IsDBNull(1) ? null : reader.GetString(1);
        var mine = reader.GetBoolean(2);
        // The epoch is committed only when the server has answered the whole round trip.
        while (await reader.NextResultAsync(cancellation))
        {
        }

        var status = movedTo is not null ? ClaimStatus.Moved : mine ? ClaimStatus.Claimed : ClaimStatus.OwnedByAnother;
        return new PartitionClaim(status, status == ClaimStatus.Claimed ? epoch : 0, movedTo);
    }

    /// <inheritdoc />
    public async ValueTask<Guid?> ReadOwnerAsync(int partition, CancellationToken cancellation)
    {
        await using var command = database.Journal.CreateCommand("SELECT owner FROM lease WHERE partition = $1 AND moved_to IS NULL");
        command.Parameters.Int(partition);
        return await command.ExecuteScalarAsync(cancellation) as Guid?;
    }

    /// <inheritdoc />
    public async ValueTask ReleaseAsync(int partition, long epoch, CancellationToken cancellation)
    {
        await using var command = database.Journal.CreateCommand("UPDATE lease SET owner = NULL WHERE partition = $1 AND epoch = $2");
        command.Parameters.Int(partition).Long(epoch);
        await command.ExecuteNonQueryAsync(cancellation);
    }
}
