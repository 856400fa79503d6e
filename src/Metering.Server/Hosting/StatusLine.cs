using Metering.Grid;

namespace Metering.Server.Hosting;

/// <summary>A line in the log every so often: what came in since the last one, and where things stand.</summary>
internal sealed partial class StatusLine(IMeteringEngine engine, ILogger log, TimeProvider time)
{
    private long received;
    private long accepted;
    private long duplicates;
    private long rejected;
    private long groups;
    private long rounds;

    /// <summary>Writes lines until cancelled.</summary>
    public async Task RunAsync(TimeSpan every, CancellationToken cancellation)
    {
        using var timer = new PeriodicTimer(every, time);
        try
        {
            while (await timer.WaitForNextTickAsync(cancellation))
                Write();
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            // The server stops.
        }
    }

    private void Write()
    {
        EngineStatus status = engine.Status;
        long taken = Since(ref accepted, status.EventsAccepted);
        long written = Since(ref rounds, status.RoundsWritten);
        double batch = written == 0 ? 0 : (double)taken / written;
        string state = status.Ready ? "ready" : "not ready: " + status.NotReadyReason;
        long arrived = Since(ref received, status.EventsReceived);
        long again = Since(ref duplicates, status.EventsDuplicate);
        long refused = Since(ref rejected, status.EventsRejected);
        long grouped = Since(ref groups, status.GroupsWritten);
        LogStatus(
            log, arrived, taken, again, refused, status.DedupEntries, batch, grouped, engine.Lag.Seconds, status.CustomersInMemory, state);
    }

    private static long Since(ref long before, long now)
    {
        long change = now - before;
        before = now;
        return change;
    }

    [LoggerMessage(
        Level = LogLevel.Information,
        Message = "{Messages} messages: {Written} written, {Duplicates} duplicates, {Refused} refused; dedup entries {DedupEntries}; "
            + "batch {Batch:F1} events a write, {Groups} groups; lag {Lag:F2} s; {Customers} customers in memory; {Ready}")]
    private static partial void LogStatus(
        ILogger log, long messages, long written, long duplicates, long refused, long dedupEntries, double batch, long groups, double lag,
        long customers, string ready);
}
