using Metering.Core.Time;
using Metering.Grid.Dedup;
using Metering.Grid.Storage;

namespace Metering.Grid.Partitions;

/// <summary>Merges a partition's dedup segments of about one size and drops those past the horizon, in the background.</summary>
internal sealed class SegmentKeeper(PartitionHost host, Incarnation incarnation)
{
    /// <summary>Runs until there is nothing to merge.</summary>
    public async Task RunAsync()
    {
        GridContext context = host.Context;
        await context.MergeSlot.WaitAsync();
        try
        {
            await DropExpiredAsync();
            while (Next() is { } inputs)
            {
                if (!await MergeAsync(inputs))
                    return;
            }
        }
        catch (Exception exception)
        {
            string message = $"Dedup segments of partition {host.Partition} were not merged: {exception.Message}";
            context.Notice(NoticeLevel.Warning, host.Partition, message, exception);
        }
        finally
        {
            context.MergeSlot.Release();
            lock (host.Gate)
                incarnation.Merging = false;
        }
    }

    /// <summary>What to merge next. Ends the keeper under the lock that publishing takes, so no segment is published unseen.</summary>
    private IReadOnlyList<SegmentHandle>? Next()
    {
        GridOptions options = host.Context.Options;
        lock (host.Gate)
        {
            IReadOnlyList<SegmentHandle>? inputs = incarnation.Dropped
                ? null
                : SegmentMerger.Choose(incarnation.Segments.Segments, options.SegmentEntriesMax);
            incarnation.Merging = inputs is not null;
            return inputs;
        }
    }

    private async Task<bool> MergeAsync(IReadOnlyList<SegmentHandle> inputs)
    {
        long id;
        lock (host.Gate)
            id = incarnation.NextSegmentId++;
        SegmentWrite? write = await SegmentMerger.MergeAsync(
            incarnation.Shard.Store, host.Partition, incarnation.Epoch, id, inputs, CancellationToken.None);
        return write is not null && await host.SaveSegmentAsync(incarnation, write);
    }

    private async Task DropExpiredAsync()
    {
        // An hour more than the horizon: the partition's own clock decides, and may be behind this one.
        Instant now = host.Context.Now;
        if (!host.Context.Clock.Trusts(now))
            return;
        Instant before = now - host.Context.Options.Rules.DedupHorizon - TimeSpan.FromHours(1);
        SegmentHandle[] expired;
        lock (host.Gate)
        {
            expired = [.. incarnation.Segments.Segments.Where(segment => segment.Info.NewestAt < before)];
            if (expired.Length == 0 || incarnation.Dropped)
                return;
            incarnation.Segments = new SegmentSet([.. incarnation.Segments.Segments.Except(expired)]);
        }

        host.Context.Filters.Forget(expired);
        var write = new SegmentWrite(
            host.Partition, incarnation.Epoch, null, [], [], [.. expired.Select(segment => segment.Info.Id)]);
        if (!await incarnation.Shard.Store.SaveSegmentAsync(write, CancellationToken.None))
            host.DropFenced(incarnation);
    }
}
