using Metering.Core.Time;
using Metering.Grid.Dedup;
using Metering.Grid.Storage;
using Metering.TestSupport.Memory;

namespace Metering.Grid.Tests.Dedup;

public sealed class SegmentTests
{
    private static readonly Instant Now = Instant.FromUnixMicroseconds(1_737_115_200_000_000);

    private static SegmentEntry[] Entries(int seed, int count)
    {
        var random = new Random(seed);
        var bytes = new byte[16];
        var entries = new List<SegmentEntry>();
        for (int index = 0; index < count; index++)
        {
            random.NextBytes(bytes);
            entries.Add(new SegmentEntry(new UInt128(BitConverter.ToUInt64(bytes), BitConverter.ToUInt64(bytes, 8)), (ulong)(index + 1)));
        }

        return [.. entries];
    }

    private static ulong Find(SegmentWrite segment, UInt128 identity) =>
        SegmentBlocks.Find(segment.Blocks[SegmentBlocks.BlockOf(identity, segment.Segment!.BlockBits)], identity);

    [Theory]
    [InlineData(1)]
    [InlineData(256)]
    [InlineData(257)]
    [InlineData(20_000)]
    public void Every_identity_is_found_in_its_block_and_nothing_else_is(int count)
    {
        SegmentWrite segment = SegmentMerger.Pack(3, 1, 1, 1, 9, Now, Entries(1, count));
        Assert.Equal(1 << segment.Segment!.BlockBits, segment.Blocks.Count);
        Assert.Equal(count, segment.Segment.Count);
        Assert.All(Entries(1, count), entry => Assert.Equal(entry.Packed, Find(segment, entry.Identity)));
        Assert.All(Entries(2, 1000), entry => Assert.Equal(0UL, Find(segment, entry.Identity)));
        Assert.True(segment.Blocks.Average(block => block.Length / SegmentBlocks.EntryBytes) <= 256);
    }

    [Fact]
    public void Filter_has_every_identity_and_few_others()
    {
        SegmentWrite segment = SegmentMerger.Pack(3, 1, 1, 1, 9, Now, Entries(1, 100_000));
        Assert.All(Entries(1, 100_000), entry => Assert.True(SegmentFilter.MayContain(segment.Filter, entry.Identity)));
        int hits = Entries(2, 100_000).Count(entry => SegmentFilter.MayContain(segment.Filter, entry.Identity));
        Assert.InRange(hits, 0, 300);
        Assert.InRange(segment.Filter.Length, 200_000, 200_064);
    }

    [Theory]
    [InlineData(0, 0)]
    [InlineData(1, 0)]
    [InlineData(2, 0)]
    [InlineData(5_000, 0)]
    [InlineData(70_000, 0)]
    [InlineData(5_000, 100)]
    [InlineData(5_000, 126)]
    public void Entries_are_sorted_by_identity_then_position(int count, int bitsAlike)
    {
        SegmentEntry[] entries = [.. Entries(1, count).Select(entry => entry with { Identity = entry.Identity >> bitsAlike })];
        var sorted = new SegmentEntry[count];
        SegmentSort.Sort(entries, sorted);
        Assert.Equal(entries.OrderBy(entry => entry.Identity).ThenBy(entry => entry.Packed), sorted);
    }

    [Fact]
    public void Newest_copy_of_an_identity_is_the_one_that_is_found()
    {
        SegmentWrite segment = SegmentMerger.Pack(3, 1, 1, 1, 9, Now, [new(7, 30), new(7, 10), new(7, 20), new(6, 99), new(8, 98)]);
        Assert.Equal(30UL, Find(segment, 7));
    }

    [Fact]
    public async Task Merged_segment_has_the_entries_of_all()
    {
        var shard = new MemoryShard("s");
        long epoch = shard.TakeOver(3, Guid.Empty);
        var store = new MemoryShardStore(shard, TimeProvider.System);
        var handles = new List<SegmentHandle>();
        for (int id = 1; id <= 5; id++)
        {
            SegmentWrite write = SegmentMerger.Pack(
                3, epoch, id, id * 10, id * 10 + 9, Now + TimeSpan.FromHours(id), Entries(id, 3000 * id));
            Assert.True(await store.SaveSegmentAsync(write, default));
            handles.Add(new SegmentHandle(write.Segment!));
        }

        SegmentWrite? merged = await SegmentMerger.MergeAsync(store, 3, epoch, 9, handles, default);
        SegmentInfo info = merged!.Segment!;
        Assert.Equal(new SegmentInfo(9, 1, 10, 59, Now + TimeSpan.FromHours(5), 45_000, info.BlockBits, merged.Filter.Length), info);
        Assert.Equal([1L, 2, 3, 4, 5], merged.Removed);
        for (int id = 1; id <= 5; id++)
        {
            Assert.All(Entries(id, 3000 * id), entry =>
            {
                Assert.Equal(entry.Packed, Find(merged, entry.Identity));
                Assert.True(SegmentFilter.MayContain(merged.Filter, entry.Identity));
            });
        }
    }

    [Fact]
    public async Task Merge_of_a_segment_that_is_gone_gives_up()
    {
        var store = new MemoryShardStore(new MemoryShard("s"), TimeProvider.System);
        SegmentWrite write = SegmentMerger.Pack(3, 1, 1, 1, 9, Now, Entries(1, 10));
        Assert.Null(await SegmentMerger.MergeAsync(store, 3, 1, 9, [new SegmentHandle(write.Segment!)], default));
    }

    [Fact]
    public void Eight_of_about_one_size_become_one_and_the_bound_holds()
    {
        static SegmentHandle Of(long count) => new(new SegmentInfo(1, 0, 1, 1, Now, count, 0, 0));
        Assert.Null(SegmentMerger.Choose([.. Enumerable.Repeat(100, 7).Select(count => Of(count))], 10_000));
        Assert.Equal(8, SegmentMerger.Choose([.. Enumerable.Repeat(100, 8).Select(count => Of(count))], 10_000)!.Count);
        Assert.Equal(8, SegmentMerger.Choose([Of(900), .. Enumerable.Repeat(100, 9).Select(count => Of(count))], 10_000)!.Count);
        Assert.Equal(8, SegmentMerger.Choose([.. Enumerable.Range(0, 8).Select(number => Of(100 + number % 3 * 50))], 10_000)!.Count);
        Assert.Null(SegmentMerger.Choose([.. Enumerable.Repeat(100, 7).Select(count => Of(count)), Of(900)], 10_000));
        Assert.Equal(4, SegmentMerger.Choose([.. Enumerable.Repeat(100, 8).Select(count => Of(count))], 400)!.Count);
        Assert.Null(SegmentMerger.Choose([.. Enumerable.Repeat(100, 8).Select(count => Of(count))], 300));
    }

    [Fact]
    public void Filters_in_use_do_not_make_way_and_idle_ones_do()
    {
        static SegmentHandle Of(int bytes) => new(new SegmentInfo(1, 0, 1, 1, Now, 1, 0, bytes));
        var cache = new FilterCache(100, TimeSpan.FromSeconds(60));
        SegmentHandle first = Of(60);
        SegmentHandle second = Of(60);
        cache.Offer(first, new byte[60], 1000);
        Assert.False(cache.HasRoomFor(second, 1030));
        cache.Offer(second, new byte[60], 1030);
        Assert.Null(second.Filter);
        first.Touch(1100);
        Assert.False(cache.HasRoomFor(second, 1150));
        Assert.True(cache.HasRoomFor(second, 1161));
        cache.Offer(second, new byte[60], 1161);
        Assert.Null(first.Filter);
        Assert.Equal(60, cache.Bytes);
        cache.Forget([first, second]);
        Assert.Equal(0, cache.Bytes);
    }
}
