namespace Metering.Storage.Postgres.Projections;

public sealed partial class Projector
{
    // Asked once a partition and ownership: most partitions have no thresholds, and their falling balances then cost nothing.
    private async Task LearnThresholdsAsync(CancellationToken cancellation)
    {
        var unread = progress.Values.Where(state => state.HasThresholds is null).ToList();
        if (unread.Count > 0)
        {
            var with = await OutboxWriter.ListWithThresholdsAsync(
                database.Queries, [.. unread.Select(state => state.Partition)], cancellation);
            foreach (var state in unread)
                state.HasThresholds = with.Contains(state.Partition);
        }

        // What the last batch has set is in the database by now, or the batch was lost and all of this is read again.
        foreach (var partition in batch.Outbox.Thresholds.Values.Select(changes => changes.Partition))
        {
            if (progress.TryGetValue(partition, out var state))
                state.HasThresholds = true;
        }

        batch.Outbox.WithoutThresholds.Clear();
        batch.Outbox.WithoutThresholds.UnionWith(
            progress.Values.Where(state => state.HasThresholds == false).Select(state => state.Partition));
    }
}
