namespace Metering.Server.Client;

/// <summary>
/// Sends a stream of events in batches over a few lanes at once. All events of a subject take the same lane, in order, so what is
/// decided about them does not depend on how the lanes race.
/// </summary>
internal sealed class EventSender(MeteringClient client, int lanes, int batchSize)
{
    /// <summary>Sends everything.</summary>
    /// <param name="events">The events, in order.</param>
    /// <param name="tally">Counts what became of them.</param>
    /// <param name="progress">Told how many more events were answered; from several threads.</param>
    /// <param name="cancellation">Ends it; what was taken stays taken.</param>
    public async Task SendAsync(IEnumerable<UsageEvent> events, Tally tally, Action<int> progress, CancellationToken cancellation)
    {
        var batches = new List<UsageEvent>[lanes];
        var running = new Task[lanes];
        for (int lane = 0; lane < lanes; lane++)
        {
            batches[lane] = new List<UsageEvent>(batchSize);
            running[lane] = Task.CompletedTask;
        }

        foreach (UsageEvent item in events)
        {
            int lane = LaneOf(item.Subject);
            batches[lane].Add(item);
            if (batches[lane].Count < batchSize)
                continue;
            await running[lane];
            running[lane] = SendBatchAsync(batches[lane], tally, progress, cancellation);
            batches[lane] = new List<UsageEvent>(batchSize);
        }

        for (int lane = 0; lane < lanes; lane++)
        {
            await running[lane];
            if (batches[lane].Count > 0)
                running[lane] = SendBatchAsync(batches[lane], tally, progress, cancellation);
        }

        await Task.WhenAll(running);
    }

    private async Task SendBatchAsync(List<UsageEvent> batch, Tally tally, Action<int> progress, CancellationToken cancellation)
    {
        EventOutcome[] outcomes = await client.SendEventsAsync(batch, cancellation);
        tally.Add(outcomes);
        progress(batch.Count);
    }

    private int LaneOf(string subject)
    {
        uint hash = 2_166_136_261;
        foreach (char letter in subject)
            hash = (hash ^ letter) * 16_777_619;
        return (int)(hash % (uint)lanes);
    }
}
