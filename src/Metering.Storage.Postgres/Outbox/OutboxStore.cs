using System.Text;
using Metering.Core.Time;
using Metering.Grid.Outbox;
using Metering.Storage.Postgres.Connections;
using Metering.Storage.Postgres.Shards;
using Npgsql;
using NpgsqlTypes;

namespace Metering.Storage.Postgres.Outbox;

/// <summary>The outboxes of all shards.</summary>
public sealed partial class OutboxStore : IOutbox
{
    private const int ErrorMaxLength = 1000;
    private const int AttemptsKept = 100;

    private readonly IShardMap map;
    private readonly OutboxOptions options;
    private readonly TimeProvider time;
    private readonly Func<double> jitter;

    /// <param name="shards">Every shard; nothing moves among them.</param>
    /// <param name="shardOf">The shard of a partition.</param>
    /// <param name="options">How rows are leased, tried and kept.</param>
    /// <param name="time">The clock.</param>
    /// <param name="jitter">Chance: from 0 to below 1, for any thread.</param>
    public OutboxStore(
        IReadOnlyList<ShardDatabase> shards, Func<int, ShardDatabase> shardOf, OutboxOptions options, TimeProvider time,
        Func<double> jitter)
        : this(new FixedShardMap(shards, shardOf), options, time, jitter)
    {
    }

    /// <param name="map">Where partitions live.</param>
    /// <param name="options">How rows are leased, tried and kept.</param>
    /// <param name="time">The clock.</param>
    /// <param name="jitter">Chance: from 0 to below 1, for any thread.</param>
    public OutboxStore(IShardMap map, OutboxOptions options, TimeProvider time, Func<double> jitter)
    {
        options.Validate();
        (this.map, this.options, this.time, this.jitter) = (map, options, time, jitter);
    }

    /// <inheritdoc />
    public IReadOnlyList<string> Shards => [.. map.Now.Shards.Select(shard => shard.Name)];

    private Instant Now => Instant.FromDateTimeOffset(time.GetUtcNow());

    // The targets that wait are found by skipping through the index from one to the next, and come in an order by chance: where there is
    // more due than is wanted, none of them is always the last.
    // Rows of partitions that were moved away, or are on their way here, are passed over;
    // the share of the lease holds the fence of a move off until what is claimed here is committed, or finds that it is too late.
    private const string Claim = $"""
        WITH waiting AS (
            SELECT kinds.kind, targets.target
            FROM unnest($1) AS kinds (kind) CROSS JOIN LATERAL (
                WITH RECURSIVE found AS (
                    (SELECT target FROM outbox WHERE status = 0 AND kind = kinds.kind ORDER BY target LIMIT 1)
                    UNION ALL
                    SELECT (SELECT later.target FROM outbox AS later
                        WHERE later.status = 0 AND later.kind = kinds.kind AND later.target > found.target
                        ORDER BY later.target LIMIT 1)
                    FROM found WHERE found.target IS NOT NULL)
                SELECT target FROM found WHERE target IS NOT NULL) AS targets
            ORDER BY random()),
        picked AS MATERIALIZED (
            SELECT due.id, due.partition
            FROM waiting LEFT JOIN unnest($5, $6) AS bound (target, rows) ON bound.target = waiting.target
            CROSS JOIN LATERAL (
                SELECT id, partition FROM outbox
                WHERE status = 0 AND kind = waiting.kind AND target = waiting.target AND visible_at <= $2
                    AND EXISTS (SELECT FROM lease WHERE lease.partition = outbox.partition AND lease.moved_to IS NULL)
                ORDER BY visible_at, id LIMIT coalesce(bound.rows, CASE WHEN waiting.target = '' THEN $3 ELSE $4 END)
                FOR UPDATE SKIP LOCKED) AS due
            LIMIT $3),
        held AS MATERIALIZED (
            SELECT partition FROM lease WHERE partition IN (SELECT partition FROM picked) AND moved_to IS NULL
            ORDER BY partition FOR SHARE)
        UPDATE outbox SET attempts = attempts + 1, visible_at = $7 FROM picked JOIN held USING (partition) WHERE outbox.id = picked.id
        RETURNING {OutboxColumns.Message}, outbox.attempts, outbox.visible_at, outbox.budget_from
        """;

    /// <inheritdoc />
    public async ValueTask<IReadOnlyList<OutboxClaim>> ClaimAsync(OutboxClaimRequest request, CancellationToken cancellation)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(request.Limit, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(request.Limit, 1000);
        var now = Now;
        await using var command = map.Now.Find(request.Shard).Queries.CreateCommand(Claim);
        command.Parameters
            .Array(request.Kinds.ToArray(), NpgsqlDbType.Text).Time(now).Int(request.Limit)
            .Int(request.LimitPerTarget ?? request.Limit)
            .Array(request.TargetLimits.Keys.ToArray(), NpgsqlDbType.Text)
            .Array(request.TargetLimits.Values.ToArray(), NpgsqlDbType.Integer)
            .Time(now + (request.Lease ?? options.Lease));
        var claims = await command.ListAsync(OutboxColumns.ReadClaim, cancellation);
        // As they were put in, as far as that goes: what an update returns is in no order.
        claims.Sort((left, right) =>
            (left.Message.DueAt, left.Message.CreatedAt).CompareTo((right.Message.DueAt, right.Message.CreatedAt)));
        return claims;
    }

    /// <inheritdoc />
    public async ValueTask<bool> CompleteAsync(
        OutboxClaim claim, OutboxAttempt? attempt, IReadOnlyList<OutboxMessage> followUps, CancellationToken cancellation)
    {
        if (followUps.FirstOrDefault(message => message.Partition != claim.Message.Partition) is { } stray)
            throw new ArgumentException($"{stray.Id} is of another partition than the row it follows from.", nameof(followUps));
        await using var home = await OutboxHome.BeginAsync(map, claim.Message.Partition, time, cancellation);
        var connection = home.Connection;
        // Whoever did it, it is done: the number of the attempt does not matter.
        await using (var close = new NpgsqlCommand(
            "UPDATE outbox SET status = 1, closed_at = $2, last_error = NULL WHERE id = $1 AND status = 0", connection))
        {
            close.Parameters.Text(claim.Id).Time(Now);
            if (await close.ExecuteNonQueryAsync(cancellation) == 0)
                return false;
        }

        if (attempt is not null)
            await AddAttemptAsync(connection, claim, attempt, cancellation);
        if (attempt is not null && (claim.Message.Kind, claim.Message.Topic) is (OutboxKinds.MailAlert, _)
            or (OutboxKinds.WebhookDelivery, OutboxKinds.AlertRaised))
            await NoteNoticeAsync(connection, claim.Message, cancellation);
        await OutboxInsert.RunAsync(connection, followUps, cancellation);
        await home.CommitAsync(cancellation);
        return true;
    }

    private static async Task NoteNoticeAsync(NpgsqlConnection connection, OutboxMessage message, CancellationToken cancellation)
    {
        await using var command = new NpgsqlCommand(
            "INSERT INTO alert_notice (event_id, partition) VALUES ($1, $2) ON CONFLICT DO NOTHING", connection);
        command.Parameters.Text(message.EventId).Int(message.Partition);
        await command.ExecuteNonQueryAsync(cancellation);
    }

    /// <inheritdoc />
    public async ValueTask<OutboxStatus?> RetryAsync(
        OutboxClaim claim, OutboxAttempt attempt, TimeSpan? notBefore, CancellationToken cancellation)
    {
        var tried = claim.Attempt - claim.AttemptsBefore;
        var delay = options.DelayAfter(tried, jitter());
        if (notBefore is { } least && least > delay)
            delay = least;
        var next = Now + delay;
        var isLast = tried >= (claim.Message.AttemptsMax ?? options.AttemptsMax) || next > claim.Message.DueAt + options.AgeMax;
        var status = isLast ? OutboxStatus.Dead : OutboxStatus.Pending;
        return await FailAsync(claim, attempt, status, next, cancellation) ? status : null;
    }

    /// <inheritdoc />
    public async ValueTask<bool> GiveUpAsync(OutboxClaim claim, OutboxAttempt attempt, CancellationToken cancellation) =>
        await FailAsync(claim, attempt, OutboxStatus.Dead, Now, cancellation);

    private async Task<bool> FailAsync(
        OutboxClaim claim, OutboxAttempt attempt, OutboxStatus status, Instant next, CancellationToken cancellation)
    {
        await using var home = await OutboxHome.BeginAsync(map, claim.Message.Partition, time, cancellation);
        var connection = home.Connection;
        await using (var update = new NpgsqlCommand("""
            UPDATE outbox SET status = $3, visible_at = $4, closed_at = $5, last_error = $6
            WHERE id = $1 AND status = 0 AND attempts = $2
            """, connection))
        {
            update.Parameters.Text(claim.Id).Int(claim.Attempt).Typed((short)status, NpgsqlDbType.Smallint).Time(next)
                .TimeOrNull(status == OutboxStatus.Pending ? null : Now).Text(Storable(attempt.Error));
            if (await update.ExecuteNonQueryAsync(cancellation) == 0)
                return false;
        }

        await AddAttemptAsync(connection, claim, attempt, cancellation);
        await home.CommitAsync(cancellation);
        return true;
    }

    private static async Task AddAttemptAsync(
        NpgsqlConnection connection, OutboxClaim claim, OutboxAttempt attempt, CancellationToken cancellation)
    {
        await using var batch = new NpgsqlBatch(connection);
        var insert = new NpgsqlBatchCommand("""
            INSERT INTO outbox_attempt (outbox_id, number, at, took_microseconds, status, error) VALUES ($1, $2, $3, $4, $5, $6)
            ON CONFLICT DO NOTHING
            """);
        insert.Parameters.Text(claim.Id).Int(claim.Attempt).Time(attempt.At)
            .Long((long)attempt.Took.TotalMicroseconds).IntOrNull(attempt.Status).Text(Storable(attempt.Error));
        batch.BatchCommands.Add(insert);
        if (claim.Attempt > AttemptsKept)
        {
            var prune = new NpgsqlBatchCommand("DELETE FROM outbox_attempt WHERE outbox_id = $1 AND number <= $2");
            prune.Parameters.Text(claim.Id).Int(claim.Attempt - AttemptsKept);
            batch.BatchCommands.Add(prune);
        }

        await batch.ExecuteNonQueryAsync(cancellation);
    }

    /// <inheritdoc />
    public async ValueTask PostponeAsync(IReadOnlyList<OutboxClaim> claims, TimeSpan after, CancellationToken cancellation)
    {
        foreach (var given in claims.GroupBy(claim => claim.Message.Partition))
        {
            await using var home = await OutboxHome.BeginAsync(map, given.Key, time, cancellation);
            await using var command = new NpgsqlCommand("""
                UPDATE outbox SET attempts = outbox.attempts - 1, visible_at = $3 FROM unnest($1, $2) AS given (id, attempt)
                WHERE outbox.id = given.id AND outbox.attempts = given.attempt AND status = 0
                """, home.Connection);
            command.Parameters.Array(given.Select(claim => claim.Id).ToArray(), NpgsqlDbType.Text)
                .Array(given.Select(claim => claim.Attempt).ToArray(), NpgsqlDbType.Integer).Time(Now + after);
            await command.ExecuteNonQueryAsync(cancellation);
            await home.CommitAsync(cancellation);
        }
    }

    // PostgreSQL stores neither a NUL nor half of a surrogate pair, and what another side says may be of any length.
    private static string? Storable(string? error)
    {
        if (error is null)
            return null;
        var text = error.Length <= ErrorMaxLength ? error : error[..ErrorMaxLength];
        return Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(text)).Replace('\0', '\uFFFD');
    }
}
