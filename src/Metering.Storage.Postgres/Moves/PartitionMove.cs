using Metering.Storage.Postgres.Connections;
using Metering.Storage.Postgres.Directories;
using Metering.Storage.Postgres.Projections;
using Metering.Storage.Postgres.Shards;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;

namespace Metering.Storage.Postgres.Moves;

/// <summary>
/// Moves a partition to another shard while it is in use, or takes up a move that was interrupted: running it again is always right.
/// </summary>
/// <param name="control">The control database.</param>
/// <param name="options">How to go about it.</param>
/// <param name="time">The clock that pauses and rounds are measured by.</param>
/// <param name="say">Told of progress, in words for an operator.</param>
/// <param name="at">Called between what is done; what it throws ends the move there.</param>
public sealed partial class PartitionMove(
    ControlDatabase control, MoveOptions options, TimeProvider time, Action<string> say, Func<MovePoint, Task>? at = null)
{
    // Copies of large tables are one statement.
    private const int CommandTimeoutSeconds = 3600;

    private readonly MoveStore store = new(control);

    /// <summary>Moves a partition; returns when it serves on the target and the source is cleared.</summary>
    /// <exception cref="MoveRefusedException">It cannot be, or another process is at it.</exception>
    /// <exception cref="MoverReplacedException">Another process has taken this one's place.</exception>
    public async Task<MoveSummary> RunAsync(int partition, string shard, CancellationToken cancellation)
    {
        options.Validate();
        await using var turn = await MoveTurn.TakeAsync(control, partition, cancellation);
        if (await store.BeginAsync(partition, shard, cancellation) is not { } move)
            return new MoveSummary(false, null, null);
        await using var both = await OpenAsync(move, cancellation);
        var (source, target) = (both.Source, both.Target);
        await AtAsync(MovePoint.Begun);

        var (fencedAt, arrivedAt, epoch) = (0L, 0L, 0L);
        if (move.Step != MoveStep.Clearing)
        {
            if (!IsLive(await target.ReadLeaseAsync(cancellation)))
            {
                fencedAt = await FenceAsync(move, both, cancellation);
                epoch = await ArriveAsync(move, both, cancellation);
                arrivedAt = time.GetTimestamp();
            }

            await AtAsync(MovePoint.Arrived);
            await store.ChangeMapAsync(move, cancellation);
            say($"partition {partition} lives on '{target.Name}'");
            await AtAsync(MovePoint.Mapped);
        }

        TimeSpan? copying = fencedAt == 0 ? null : time.GetElapsedTime(fencedAt, arrivedAt);
        var pause = fencedAt == 0 ? null : await WatchClaimAsync(target, epoch, fencedAt, cancellation);
        await ClearSourceAsync(move, source, cancellation);
        await AtAsync(MovePoint.Cleared);
        await store.EndAsync(move, cancellation);
        return new MoveSummary(true, copying, pause);
    }

    /// <summary>Takes a move back that has not fenced the source yet: the copies on the target are deleted, but the journal's.</summary>
    /// <returns>False where none is under way.</returns>
    /// <exception cref="MoveRefusedException">It is past the fence, from where it only goes forward; or another is at it.</exception>
    public async Task<bool> AbortAsync(int partition, CancellationToken cancellation)
    {
        await using var turn = await MoveTurn.TakeAsync(control, partition, cancellation);
        if (await store.TakeUpAsync(partition, cancellation) is not { } move)
            return false;
        await using var both = await OpenAsync(move, cancellation);
        if (!IsLive(await both.Source.ReadLeaseAsync(cancellation)))
            throw new MoveRefusedException(
                $"Partition {partition} is fenced on '{move.Source}': its move to '{move.Target}' can only go forward. Run it again.");
        await both.Target.ChangeAsync(
            lease => !IsLive(lease),
            async write =>
            {
                await ProjectionCopy.ClearAsync(write, partition, cancellation);
                await ClearSavedAsync(write, partition, cancellation);
                return true;
            },
            cancellation);
        await store.EndAsync(move, cancellation);
        return true;
    }

    private static bool IsLive(LeaseRow? lease) => lease is { MovedTo: null };

    private async Task<Sides> OpenAsync(MoveRow move, CancellationToken cancellation)
    {
        var addresses = (await control.ReadShardsAsync(cancellation)).ToDictionary(shard => shard.Name, StringComparer.Ordinal);
        ShardDatabase[] databases = [.. new[] { move.Source, move.Target }.Select(name => new ShardDatabase(
            name, new PostgresOptions
            {
                ConnectionString = addresses[name].ConnectionString, CommandTimeoutSeconds = CommandTimeoutSeconds, MaxConnections = 8,
            }))];
        var both = new Sides(
            new MoveSide(databases[0], move.Partition, move.Generation), new MoveSide(databases[1], move.Partition, move.Generation));
        try
        {
            foreach (var side in new[] { both.Target, both.Source })
            {
                await ShardIdentity.EnsureAsync(control, side.Database, cancellation);
                await side.TakeAsync(cancellation);
            }

            return both;
        }
        catch
        {
            await both.DisposeAsync();
            throw;
        }
    }

    /// <summary>Copies until little is left, and fences; or finds it fenced.</summary>
    /// <returns>When it was fenced; 0 where that was before.</returns>
    private async Task<long> FenceAsync(MoveRow move, Sides both, CancellationToken cancellation)
    {
        var lease = await both.Source.ReadLeaseAsync(cancellation);
        var began = 0L;
        if (IsLive(lease))
        {
            await CopyLiveAsync(move, both, cancellation);
            await AtAsync(MovePoint.BeforeFence);
            began = time.GetTimestamp();
            await FenceSourceAsync(move, both.Source, cancellation);
            await AtAsync(MovePoint.Fenced);
        }
        else if (lease?.MovedTo != move.Target)
        {
            throw new MoveRefusedException(
                $"Partition {move.Partition} does not live on '{move.Source}': its lease there says {lease?.ToString() ?? "nothing"}.");
        }

        await store.NoteFencedAsync(move, cancellation);
        await AtAsync(MovePoint.FenceRecorded);
        return began;
    }

    private async Task CopyLiveAsync(MoveRow move, Sides both, CancellationToken cancellation)
    {
        var (partition, target) = (move.Partition, both.Target);
        var copies = new Copies(both, partition, options);
        await copies.Journal.CheckAsync(cancellation);
        var told = time.GetTimestamp();
        var bytes = await copies.Journal.RunAsync(lease => !IsLive(lease), copied =>
        {
            if (time.GetElapsedTime(told) < TimeSpan.FromSeconds(1))
                return;
            told = time.GetTimestamp();
            say($"journal: {copied:N0} bytes so far");
        }, cancellation);
        say($"journal: {bytes:N0} bytes copied");
        await AtAsync(MovePoint.JournalCopied);
        if (await copies.Projections.CursorAsync(target, cancellation) is null)
        {
            bytes = await copies.Projections.RunAsync(lease => !IsLive(lease), say, cancellation);
            say($"tables for queries: {bytes:N0} bytes copied");
        }

        await AtAsync(MovePoint.ProjectionsCopied);
        var arriving = new ArrivingPartition(partition, target.Name);
        var projector = new Projector(
            target.Database, arriving, new DirectoryStore(control), new ProjectorOptions(), time, NullLogger<Projector>.Instance);
        for (var round = 1; ; round++)
        {
            var began = time.GetTimestamp();
            bytes = await copies.RunAsync(lease => !IsLive(lease), cancellation);
            var took = time.GetElapsedTime(began);
            say($"round {round}: {bytes:N0} bytes in {took.TotalMilliseconds:N0} ms");
            // The round that was measured last is the one that decides: projecting took time in which more came in.
            if (took <= options.RoundMax && round > 1)
                return;
            if (round >= options.RoundsMax)
                throw new MoveRefusedException(
                    $"After {round} rounds there was still more left to copy than {options.RoundMax.TotalMilliseconds:N0} ms suffice for. "
                    + "Nothing is fenced; run it again when there is less traffic, and it goes on from here.");
            arriving.Copied = await copies.Journal.NewestAsync(target, cancellation);
            while (await projector.ProjectOnceAsync(cancellation) > 0)
            {
            }
        }
    }

    private async Task FenceSourceAsync(MoveRow move, MoveSide source, CancellationToken cancellation)
    {
        const int tries = 20;
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                await source.ChangeAsync(
                    IsLive,
                    async write =>
                    {
                        // While this waits for the lock every write of the shard waits behind it: rather not for long, and again.
                        await using var fence = new NpgsqlBatch(write);
                        fence.BatchCommands.Add(new NpgsqlBatchCommand("SELECT set_config('lock_timeout', '300ms', true)"));
                        var mark = new NpgsqlBatchCommand("UPDATE lease SET moved_to = $2, epoch = epoch + 1 WHERE partition = $1");
                        mark.Parameters.Int(move.Partition).Text(move.Target);
                        fence.BatchCommands.Add(mark);
                        return await fence.ExecuteNonQueryAsync(cancellation);
                    },
                    cancellation);
                say($"partition {move.Partition} is fenced on '{source.Name}'");
                return;
            }
            catch (PostgresException e)
                when (attempt < tries && e.SqlState is SqlStates.LockNotAvailable or SqlStates.DeadlockDetected)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(50 * attempt), time, cancellation);
            }
        }
    }

    /// <summary>Copies the rest from a source that changes no more, and gives the target its lease.</summary>
    /// <returns>The epoch of that lease, before anybody has claimed it.</returns>
    private async Task<long> ArriveAsync(MoveRow move, Sides both, CancellationToken cancellation)
    {
        var copies = new Copies(both, move.Partition, options);
        await copies.Journal.RunAsync(lease => !IsLive(lease), null, cancellation);
        await AtAsync(MovePoint.TailCopied);
        await copies.RunAsync(lease => !IsLive(lease), cancellation);
        await copies.Journal.CheckAsync(cancellation);
        if (await copies.Projections.CursorAsync(both.Target, cancellation) is null)
            throw new InvalidDataException($"The tables for queries of partition {move.Partition} are not on '{both.Target.Name}'.");
        await AtAsync(MovePoint.BeforeArrival);
        var left = await both.Source.ReadLeaseAsync(cancellation)
            ?? throw new InvalidDataException($"The lease of partition {move.Partition} on '{both.Source.Name}' is gone.");
        return await both.Target.ChangeAsync(
            lease => !IsLive(lease) && left.MovedTo == move.Target,
            async write =>
            {
                await using var arrive = new NpgsqlCommand("""
                    INSERT INTO lease (partition, epoch, owner) VALUES ($1, $2, $3)
                    ON CONFLICT (partition) DO UPDATE
                    SET epoch = greatest(lease.epoch, excluded.epoch), owner = excluded.owner, moved_to = NULL
                    RETURNING epoch
                    """, write);
                arrive.Parameters.Int(move.Partition).Long(left.Epoch + 1)
                    .Add(new NpgsqlParameter { Value = (object?)left.Owner ?? DBNull.Value, NpgsqlDbType = NpgsqlTypes.NpgsqlDbType.Uuid });
                return (long)(await arrive.ExecuteScalarAsync(cancellation))!;
            },
            cancellation);
    }

    private async Task<TimeSpan?> WatchClaimAsync(MoveSide target, long made, long fencedAt, CancellationToken cancellation)
    {
        var began = time.GetTimestamp();
        do
        {
            if (await target.ReadLeaseAsync(cancellation) is { } lease && (lease.Epoch > made || lease.MovedTo is not null))
                return time.GetElapsedTime(fencedAt);
            await Task.Delay(TimeSpan.FromMilliseconds(5), time, cancellation);
        }
        while (time.GetElapsedTime(began) < options.WatchFor);
        return null;
    }

    private Task AtAsync(MovePoint point) => at?.Invoke(point) ?? Task.CompletedTask;
}
