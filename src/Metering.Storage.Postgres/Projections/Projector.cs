using Metering.Core.Time;
using Metering.Grid.Directory;
using Metering.Grid.History;
using Metering.Storage.Postgres.Connections;
using Metering.Storage.Postgres.Shards;
using Microsoft.Extensions.Logging;
using Npgsql;
using NpgsqlTypes;

namespace Metering.Storage.Postgres.Projections;

/// <summary>
/// Turns the durable groups of the partitions that this process owns into the tables for queries, one shard each. Every batch and its
/// cursors are one database transaction that goes through only where the cursors are still where the batch began: exact after any crash,
/// and also where two processes believe they own a partition.
/// </summary>
public sealed partial class Projector : IProjectionLag
{
    private readonly ShardDatabase database;
    private readonly IOwnedPartitions owned;
    private readonly IDirectoryStore directory;
    private readonly ProjectorOptions options;
    private readonly TimeProvider time;
    private readonly ILogger<Projector> logger;
    private readonly Dictionary<int, PartitionProgress> progress = [];
    private readonly ProjectionBatch batch = new();
    private readonly JournalSlices journal;
    private readonly EventDays days;
    private readonly ProjectionTurns turns;
    private readonly ProjectionPace pace;
    private readonly SemaphoreSlim one = new(1, 1);
    private readonly Instant startedAt;
    private readonly long startedStamp;

    private Instant? retentionBound;
    private Instant observedAt;
    private long seenGroups;
    private long cameLast;
    private bool isUnknown = true;
    private long waitingSince = long.MaxValue;
    private long waitingEvents;
    private (int Partition, long Sequence)? toldPoison;

    /// <param name="database">The shard.</param>
    /// <param name="owned">What this process owns of it.</param>
    /// <param name="directory">Where facts about plans and statuses go.</param>
    /// <param name="options">How to work.</param>
    /// <param name="time">The clock.</param>
    /// <param name="logger">Told of failures.</param>
    /// <param name="turns">Shared with the other projectors of the process; without, it never waits for one.</param>
    public Projector(
        ShardDatabase database, IOwnedPartitions owned, IDirectoryStore directory, ProjectorOptions options, TimeProvider time,
        ILogger<Projector> logger, ProjectionTurns? turns = null)
    {
        options.Validate();
        this.turns = turns ?? new ProjectionTurns(1);
        (this.database, this.owned, this.directory) = (database, owned, directory);
        (this.options, this.time, this.logger) = (options, time, logger);
        pace = new ProjectionPace(options);
        journal = new JournalSlices(database.Queries, options.BatchBytes);
        days = new EventDays(database.Queries);
        settling = new HourSettling(database.Queries);
        startedAt = Now;
        startedStamp = time.GetTimestamp();
        observedAt = startedAt;
    }

    private Instant Now => Instant.FromDateTimeOffset(time.GetUtcNow());

    /// <summary>The wall time as if nobody had set the clock since the start: what waits does not age by a step of the clock.</summary>
    private Instant Steady => startedAt + time.GetElapsedTime(startedStamp);

    /// <inheritdoc />
    public double Seconds
    {
        get
        {
            var since = Volatile.Read(ref waitingSince);
            return since == long.MaxValue ? 0 : Math.Max(0, (Steady.UnixMicroseconds - since) / (double)Instant.MicrosecondsPerSecond);
        }
    }

    /// <inheritdoc />
    public long Events => Volatile.Read(ref waitingEvents);

    /// <summary>Projects, delivers facts and keeps the day tables until cancelled. A failure is logged and tried again.</summary>
    public async Task RunAsync(CancellationToken cancellation)
    {
        await Task.WhenAll(
            RepeatAsync(ProjectWhenDueAsync, cancellation), RepeatAsync(DeliverWhenThereAsync, cancellation),
            RepeatAsync(MaintainHourlyAsync, cancellation), RepeatAsync(SettleWhenDueAsync, cancellation));
    }

    // Each step ends with its own wait where there is nothing to do.
    private async Task RepeatAsync(Func<CancellationToken, Task> step, CancellationToken cancellation)
    {
        var failures = 0;
        while (!cancellation.IsCancellationRequested)
        {
            try
            {
                await step(cancellation);
                failures = 0;
            }
            catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
            {
                return;
            }
            catch (Exception e)
            {
                failures++;
                if (e is PoisonGroupException poison && poison.Place != toldPoison)
                {
                    toldPoison = poison.Place;
                    LogPoison(database.Name, e.Message, e);
                }

                LogFailure(database.Name, failures, e);
                await Task.Delay(TimeSpan.FromMilliseconds(Math.Min(5000, 100 << Math.Min(failures, 6))), time, cancellation)
                    .ContinueWith(static _ => { }, CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
            }
        }
    }

    /// <summary>Projects one batch of what is durable, at once.</summary>
    /// <returns>How many groups it held; 0 when there was nothing to do, or when someone else has moved a cursor: then the next call
    /// begins from there.</returns>
    public async Task<int> ProjectOnceAsync(CancellationToken cancellation)
    {
        await one.WaitAsync(cancellation);
        try
        {
            await ObserveAsync(cancellation);
            ReportLag();
            return await ProjectBatchAsync(cancellation);
        }
        catch
        {
            // Perhaps committed, perhaps not: the cursors in the database know.
            Reset();
            throw;
        }
        finally
        {
            ReportLag();
            one.Release();
        }
    }

    private async Task ProjectWhenDueAsync(CancellationToken cancellation)
    {
        await one.WaitAsync(cancellation);
        try
        {
            await ObserveAsync(cancellation);
            ReportLag();
        }
        finally
        {
            one.Release();
        }

        if (!IsDue(out var wait))
        {
            await Task.Delay(wait, time, cancellation);
            return;
        }

        var started = time.GetTimestamp();
        var groups = await turns.TakeAsync(ProjectOnceAsync, cancellation);
        if (groups > 0)
            pace.Learn(time.GetElapsedTime(started), batch.EventCount);
        else
            await Task.Delay(options.IdleInterval, time, cancellation);
    }

    private bool IsDue(out TimeSpan wait)
    {
        wait = options.IdleInterval;
        var since = Volatile.Read(ref waitingSince);
        if (since == long.MaxValue)
            return false;
        var rest = pace.Rest(
            Steady - Instant.FromUnixMicroseconds(since), time.GetElapsedTime(Volatile.Read(ref cameLast)), Events);
        if (rest <= TimeSpan.Zero)
            return true;
        wait = rest < options.IdleInterval ? rest : options.IdleInterval;
        return false;
    }

    private async Task ObserveAsync(CancellationToken cancellation)
    {
        var partitions = owned.ListOwned(database.Name);
        var mine = partitions.Select(partition => partition.Partition).ToHashSet();
        foreach (var gone in progress.Keys.Where(partition => !mine.Contains(partition)).ToList())
            progress.Remove(gone);
        var unknown = partitions.Where(partition => !progress.ContainsKey(partition.Partition)).ToList();
        if (unknown.Count > 0)
        {
            await ReadCursorsAsync(unknown, cancellation);
            NoteChanges(0);
        }

        var groups = partitions.Sum(partition => partition.CommittedSequence);
        if (groups != seenGroups)
            Volatile.Write(ref cameLast, time.GetTimestamp());
        seenGroups = groups;
        foreach (var partition in partitions)
            progress[partition.Partition].Observe(partition.CommittedSequence, partition.CommittedEvents, observedAt);
        observedAt = Steady;
        isUnknown = false;
    }

    private async Task ReadCursorsAsync(IReadOnlyList<OwnedPartition> partitions, CancellationToken cancellation)
    {
        await using var command = database.Queries.CreateCommand("""
            SELECT projection_cursor.partition, projection_cursor.seq, journal.at
            FROM projection_cursor LEFT JOIN journal ON journal.partition = projection_cursor.partition
                AND journal.seq = projection_cursor.seq + 1
            WHERE projection_cursor.partition = ANY ($1)
            """);
        command.Parameters.Array(partitions.Select(partition => partition.Partition).ToArray(), NpgsqlDbType.Integer);
        var cursors = await command.ListAsync(
            row => (Partition: row.GetInt32(0), Sequence: row.GetInt64(1),
                Since: row.IsDBNull(2) ? (Instant?)null : PostgresTime.FromPostgres(row.GetFieldValue<long>(2))), cancellation);
        foreach (var partition in partitions)
        {
            var cursor = cursors.FirstOrDefault(cursor => cursor.Partition == partition.Partition);
            if (!cursors.Exists(found => found.Partition == partition.Partition))
                throw new InvalidOperationException(
                    $"Partition {partition.Partition} has no projection cursor: it was never given to this shard.");
            var state = new PartitionProgress(partition.Partition, cursor.Sequence);
            // What waits from before this process looked is as old as its first group.
            if (cursor.Since is { } since)
                state.Observe(partition.CommittedSequence, partition.CommittedEvents, Instant.Min(Steady, Steady + (since - Now)));
            progress.Add(partition.Partition, state);
        }
    }

    private void ReportLag()
    {
        // After a failure what waits is unknown until the cursors have been read again. The last report stands and its age grows: a
        // projector that cannot work must not look as if it had nothing to do.
        if (isUnknown)
            return;
        var oldest = progress.Values.Select(state => state.WaitingSince).Where(since => since is not null).DefaultIfEmpty(null).Min();
        Volatile.Write(ref waitingSince, oldest?.UnixMicroseconds ?? long.MaxValue);
        Volatile.Write(ref waitingEvents, progress.Values.Sum(state => state.WaitingEvents));
    }

    private void Reset()
    {
        isUnknown = true;
        progress.Clear();
        days.Forget();
        retentionBound = null;
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "The projections of shard {Shard} stand still: {Reason}")]
    private partial void LogPoison(string shard, string reason, Exception exception);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Projecting shard {Shard} failed {Failures} times in a row; it is tried again")]
    private partial void LogFailure(string shard, int failures, Exception exception);
}
