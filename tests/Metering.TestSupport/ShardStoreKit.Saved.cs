using Metering.Grid.Storage;
using Xunit;

namespace Metering.TestSupport;

public abstract partial class ShardStoreKit
{
    [Fact]
    public async Task Partition_that_was_never_saved_replays_from_the_beginning()
    {
        var store = await OpenAsync(1);
        var record = await store.ReadPartitionAsync(0, default);
        Assert.Equal(0, record.ReplayAfter);
        Assert.Empty(record.Record);
        Assert.Empty(record.Due);
        Assert.Empty(await store.ReadBucketsAsync([new(0, 0)], default));
        Assert.Empty(await store.ReadBucketsAsync([], default));
    }

    [Fact]
    public async Task Checkpoint_reads_back_and_is_replaced_whole()
    {
        var store = await OpenAsync(2);
        var epochs = await ClaimAllAsync(store, 2, First);
        var later = Noon + TimeSpan.FromHours(1);
        Assert.True(await store.SaveCheckpointAsync(
            new(0, epochs[0], [new(0, 7, 10, later, Bytes(1, 5000)), new(0, 8, 10, Noon, [8]), new(0, 9, 10, null, [])], 10, [1, 2]),
                default));
        Assert.True(await store.SaveCheckpointAsync(new(0, epochs[0], [new(0, 8, 20, null, Bytes(2, 9000))], null, null), default));
        Assert.True(await store.SaveCheckpointAsync(new(1, epochs[1], [new(1, 7, 3, null, [17])], null, null), default));

        var record = await store.ReadPartitionAsync(0, default);
        Assert.Equal(10, record.ReplayAfter);
        Assert.Equal([1, 2], record.Record);
        Assert.Equal([new BucketDue(7, later)], record.Due);

        var rows = (await store.ReadBucketsAsync([new(1, 7), new(0, 9), new(0, 8), new(0, 7), new(0, 55)], default))
            .OrderBy(row => (row.Partition, row.Bucket)).ToList();
        Assert.Equal(
            [(0, 7, 10L, later), (0, 8, 20L, null), (0, 9, 10L, null), (1, 7, 3L, null)],
            rows.Select(row => (row.Partition, row.Bucket, row.Sequence, row.NextDue)));
        Assert.Equal(Bytes(1, 5000), rows[0].Body);
        Assert.Equal(Bytes(2, 9000), rows[1].Body);
        Assert.Empty(rows[2].Body);
    }

    [Fact]
    public async Task Record_moves_the_start_of_replay_and_may_stay_as_it_is()
    {
        var store = await OpenAsync(1);
        var epoch = (await ClaimAsync(store, 0, First)).Epoch;
        Assert.True(await store.SaveCheckpointAsync(new(0, epoch, [], 5, [5]), default));
        Assert.True(await store.SaveCheckpointAsync(new(0, epoch, [], 6, [6, 6]), default));
        Assert.True(await store.SaveCheckpointAsync(new(0, epoch, [], 7, null), default));
        var record = await store.ReadPartitionAsync(0, default);
        Assert.Equal(7, record.ReplayAfter);
        Assert.Equal([6, 6], record.Record);
    }

    [Fact]
    public async Task Checkpoint_under_an_old_epoch_writes_nothing()
    {
        var store = await OpenAsync(1);
        var old = (await ClaimAsync(store, 0, First)).Epoch;
        await ClaimAsync(store, 0, Second);
        Assert.False(await store.SaveCheckpointAsync(new(0, old, [new(0, 1, 1, Noon, [1])], 1, [1]), default));
        Assert.Empty(await store.ReadBucketsAsync([new(0, 1)], default));
        Assert.Equal(0, (await store.ReadPartitionAsync(0, default)).ReplayAfter);
    }

    [Fact]
    public async Task Segment_reads_back_with_filter_and_blocks()
    {
        var store = await OpenAsync(2);
        var epochs = await ClaimAllAsync(store, 2, First);
        var info = new SegmentInfo(4, 0, 1, 90, Noon, 1234, 2, 700);
        byte[][] blocks = [Bytes(1, 10), [], Bytes(3, 9000), Bytes(4, 1)];
        Assert.True(await store.SaveSegmentAsync(new(0, epochs[0], info, Bytes(9, 700), blocks, []), default));
        Assert.True(await store.SaveSegmentAsync(new(1, epochs[1], info with { FilterBytes = 1 }, [1], [[5]], []), default));

        Assert.Equal([info], await store.ReadSegmentsAsync(0, default));
        Assert.Equal(Bytes(9, 700), await store.ReadSegmentFilterAsync(0, 4, default));
        var read = await store.ReadSegmentBlocksAsync(0, [new(4, 2), new(4, 0), new(4, 4), new(5, 0)], default);
        Assert.Equal([0, 2], read.Select(block => block.Block).Order());
        Assert.Equal(blocks[2], read.Single(block => block.Block == 2).Body);
        Assert.Equal([5], Assert.Single(await store.ReadSegmentBlocksAsync(1, [new(4, 0)], default)).Body);
        Assert.Empty(await store.ReadSegmentBlocksAsync(0, [], default));
    }

    [Fact]
    public async Task Segments_are_listed_oldest_first()
    {
        var store = await OpenAsync(1);
        var epoch = (await ClaimAsync(store, 0, First)).Epoch;
        foreach (var (id, first) in new[] { (3L, 201L), (1L, 1L), (2L, 101L) })
            await store.SaveSegmentAsync(new(0, epoch, new(id, 0, first, first + 99, Noon, 1, 0, 1), [1], [[1]], []), default);
        Assert.Equal([1L, 2L, 3L], (await store.ReadSegmentsAsync(0, default)).Select(segment => segment.Id));
    }

    [Fact]
    public async Task Merged_segment_takes_the_place_of_its_sources()
    {
        var store = await OpenAsync(1);
        var epoch = (await ClaimAsync(store, 0, First)).Epoch;
        foreach (var id in new[] { 1L, 2L, 3L })
            await store.SaveSegmentAsync(new(0, epoch, new(id, 0, id, id, Noon, 1, 0, 1), [1], [[(byte)id]], []), default);
        Assert.True(await store.SaveSegmentAsync(new(0, epoch, new(4, 1, 1, 2, Noon, 2, 0, 1), [9], [[1, 2]], [1, 2]), default));

        Assert.Equal([4L, 3L], (await store.ReadSegmentsAsync(0, default)).Select(segment => segment.Id));
        Assert.Null(await store.ReadSegmentFilterAsync(0, 1, default));
        Assert.Equal([3L, 4L], (await store.ReadSegmentBlocksAsync(0, [new(1, 0), new(2, 0), new(3, 0), new(4, 0)], default))
            .Select(block => block.Segment).Order());
    }

    [Fact]
    public async Task Segments_can_be_removed_without_adding_one()
    {
        var store = await OpenAsync(1);
        var epoch = (await ClaimAsync(store, 0, First)).Epoch;
        await store.SaveSegmentAsync(new(0, epoch, new(1, 0, 1, 1, Noon, 1, 0, 1), [1], [[1]], []), default);
        Assert.True(await store.SaveSegmentAsync(new(0, epoch, null, [], [], [1]), default));
        Assert.Empty(await store.ReadSegmentsAsync(0, default));
        Assert.Empty(await store.ReadSegmentBlocksAsync(0, [new(1, 0)], default));
    }

    [Fact]
    public async Task Segment_under_an_old_epoch_changes_nothing()
    {
        var store = await OpenAsync(1);
        var old = (await ClaimAsync(store, 0, First)).Epoch;
        await store.SaveSegmentAsync(new(0, old, new(1, 0, 1, 1, Noon, 1, 0, 1), [1], [[1]], []), default);
        await ClaimAsync(store, 0, Second);
        Assert.False(await store.SaveSegmentAsync(new(0, old, new(2, 0, 2, 2, Noon, 1, 0, 1), [1], [[1]], [1]), default));
        Assert.Equal([1L], (await store.ReadSegmentsAsync(0, default)).Select(segment => segment.Id));
        Assert.Single(await store.ReadSegmentBlocksAsync(0, [new(1, 0), new(2, 0)], default));
    }
}
