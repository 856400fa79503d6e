using Metering.Grid.History;

namespace Metering.Grid.Outbox;

/// <summary>
/// What is to be carried out of the grid: a table in each shard, filled by the projector in the database transaction that moves its
/// cursor, and emptied by workers, of which any number may run in any number of processes.
/// </summary>
/// <remarks>
/// Every row is given out at least once: a worker that dies between doing and completing has it done again, so what is done carries the
/// row's id. All methods throw on a broken connection; nothing here is retried.
/// </remarks>
public interface IOutbox
{
    /// <summary>The shards, each with an outbox of its own; a worker serves each for itself, so that one that is away holds up no
    /// other.</summary>
    IReadOnlyList<string> Shards { get; }

    /// <summary>Takes due rows, those due longest first, until their lease ends. Counts as an attempt of each.</summary>
    ValueTask<IReadOnlyList<OutboxClaim>> ClaimAsync(OutboxClaimRequest request, CancellationToken cancellation);

    /// <summary>
    /// Says that a row is done and, in the same database transaction, puts in what follows from it: of its own partition, each unless
    /// there is a row of its id.
    /// </summary>
    /// <returns>False where it was not pending any more; then nothing was put in.</returns>
    ValueTask<bool> CompleteAsync(
        OutboxClaim claim, OutboxAttempt? attempt, IReadOnlyList<OutboxMessage> followUps, CancellationToken cancellation);

    /// <summary>
    /// Says that an attempt has failed. The row comes again after a back-off, or not before <paramref name="notBefore"/> has passed; with
    /// its last attempt, or past its age, it is given up.
    /// </summary>
    /// <returns>Where it stands; null where somebody else has taken it since, or where it was closed: then nothing changed.</returns>
    ValueTask<OutboxStatus?> RetryAsync(
        OutboxClaim claim, OutboxAttempt attempt, TimeSpan? notBefore, CancellationToken cancellation);

    /// <summary>Gives a row up at once: no further attempt can help.</summary>
    /// <returns>False where somebody else has taken it since, or where it was closed.</returns>
    ValueTask<bool> GiveUpAsync(OutboxClaim claim, OutboxAttempt attempt, CancellationToken cancellation);

    /// <summary>Gives rows back that were not tried: nothing is counted, and they come again after <paramref name="after"/>.</summary>
    ValueTask PostponeAsync(IReadOnlyList<OutboxClaim> claims, TimeSpan after, CancellationToken cancellation);

    /// <summary>Puts rows in, each unless there is a row of its id, which then stays as it is. All of one partition are one database
    /// transaction.</summary>
    /// <returns>How many were put in.</returns>
    ValueTask<int> EnqueueAsync(IReadOnlyList<OutboxMessage> messages, CancellationToken cancellation);

    /// <summary>Closes a pending row so that it is never given out again. One that a worker has at that moment may still be done.</summary>
    /// <returns>Where it stands now; null where there is none.</returns>
    ValueTask<OutboxStatus?> CancelAsync(int partition, string id, CancellationToken cancellation);

    /// <summary>A row, or null.</summary>
    ValueTask<OutboxRow?> FindAsync(int partition, string id, CancellationToken cancellation);

    /// <summary>The attempts of a row, oldest first; the last 100.</summary>
    ValueTask<IReadOnlyList<OutboxAttemptRow>> ListAttemptsAsync(int partition, string id, CancellationToken cancellation);

    /// <summary>A page of rows.</summary>
    /// <exception cref="FormatException">The cursor is none that such a query has answered.</exception>
    ValueTask<HistoryPage<OutboxRow>> ListAsync(OutboxQuery query, CancellationToken cancellation);

    /// <summary>Makes a row due at once, whatever it was, with all its attempts before it again; those made so far stay listed.</summary>
    /// <returns>The row as it is now; null where there is none.</returns>
    ValueTask<OutboxRow?> ReplayAsync(int partition, string id, CancellationToken cancellation);

    /// <summary>What waits in a shard, by kind.</summary>
    ValueTask<IReadOnlyList<OutboxBacklog>> MeasureAsync(string shard, IReadOnlyList<string> kinds, CancellationToken cancellation);

    /// <summary>Deletes closed rows of a shard past the retention, and gives up pending ones that nobody has taken in as long.</summary>
    /// <returns>How many were deleted.</returns>
    ValueTask<int> MaintainAsync(string shard, CancellationToken cancellation);
}
