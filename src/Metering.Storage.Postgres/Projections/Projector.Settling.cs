namespace Metering.Storage.Postgres.Projections;

public sealed partial class Projector
{
    private static readonly TimeSpan SettlingLook = TimeSpan.FromMilliseconds(250);

    private readonly HourSettling settling;

    // Changes may be there from before, or of partitions that another process owned.
    private long changesWritten = 1;
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
        var written = Volatile.Read(ref changesWritten);
        Interlocked.Exchange(ref changedBytes, 0);
        Volatile.Write(ref changedSince, time.GetTimestamp());
        foreach (var (partition, _, _, _) in owned.ListOwned(database.Name))
        {
            for (var next = await settling.FindAsync(partition, 0, cancellation); next is { } bucket;
                next = await settling.FindAsync(partition, bucket + 1, cancellation))
            {
                // Only what is due beside traffic goes on beside traffic.
                if (!isForced && !IsQuiet())
                    return;
                if (!await settling.SettleAsync(partition, bucket, cancellation))
                    return;
            }
        }

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
