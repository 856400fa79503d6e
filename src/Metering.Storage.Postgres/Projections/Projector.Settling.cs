namespace Metering.Storage.Postgres.Projections;

public sealed partial class Projector
{
    private static readonly TimeSpan SettlingLook = TimeSpan.FromMilliseconds(250);

    private readonly HourSettling settling;

    // Counted up as changes are written, and as partitions come: theirs may be there from before.
    private long changesWritten;
    private long changesSettled;
    private long changedBytes;
    private long changedSince;
    private long changedLast;

    private void NoteChanges(int bytes)
    {
        var now = time.GetTimestamp();
        if (Volatile.Read(ref changesWritten) == Volatile.Read(ref changesSettled))
            Volatile.Write(ref changedSince, now);
        Volatile.Write(ref changedLast, now);
        Interlocked.Add(ref changedBytes, bytes);
        Interlocked.Increment(ref changesWritten);
    }

    private async Task SettleWhenDueAsync(CancellationToken cancellation)
    {
        if (!IsSettlingDue(out var isForced))
        {
            await Task.Delay(SettlingLook, time, cancellation);
            return;
        }

        await SettleAsync(isForced, cancellation);
        if (Volatile.Read(ref changesWritten) != Volatile.Read(ref changesSettled))
            await Task.Delay(SettlingLook, time, cancellation);
    }

    /// <summary>Settles all hourly changes that wait, of the partitions this process owns.</summary>
    public Task SettleAsync(CancellationToken cancellation) => SettleAsync(true, cancellation);

    private async Task SettleAsync(bool isForced, CancellationToken cancellation)
    {
        var (written, bytes, began) = (Volatile.Read(ref changesWritten), Interlocked.Read(ref changedBytes), time.GetTimestamp());
        foreach (var (partition, _, _, _) in owned.ListOwned(database.Name))
        {
            for (var next = await settling.FindAsync(partition, 0, cancellation); next is { } bucket;
                next = await settling.FindAsync(partition, bucket + 1, cancellation))
            {
                // Only what is due beside traffic goes on beside traffic.
                if (!isForced && !IsQuiet())
                    return;
                // Beside traffic one shard after the other; when it is quiet all at once.
                var isSettled = isForced
                    ? await turns.TakeAsync(token => settling.SettleAsync(partition, bucket, token), cancellation)
                    : await settling.SettleAsync(partition, bucket, cancellation);
                if (!isSettled)
                    return;
            }
        }

        // Only now: what a pass leaves behind when traffic comes back keeps its age and its size.
        Interlocked.Add(ref changedBytes, -bytes);
        Volatile.Write(ref changedSince, began);
        Volatile.Write(ref changesSettled, written);
    }

    private bool IsSettlingDue(out bool isForced)
    {
        isForced = false;
        if (Volatile.Read(ref changesWritten) == Volatile.Read(ref changesSettled))
            return false;
        isForced = Interlocked.Read(ref changedBytes) > options.SettleBytes
            || time.GetElapsedTime(Volatile.Read(ref changedSince)) > options.SettleAge;
        return isForced || IsQuiet();
    }

    private bool IsQuiet() => Events == 0 && time.GetElapsedTime(Volatile.Read(ref changedLast)) > options.SettleQuiet;
}
