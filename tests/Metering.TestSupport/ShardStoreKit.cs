using Metering.Core.Time;
using Metering.Grid.Storage;
using Xunit;

namespace Metering.TestSupport;

/// <summary>
/// What every <see cref="IShardStore"/> must do. A test class derives from it and says how to open an empty store; the tests of the kit
/// then run as its own.
/// </summary>
public abstract partial class ShardStoreKit
{
    private static readonly Guid First = new("11111111-1111-1111-1111-111111111111");
    private static readonly Guid Second = new("22222222-2222-2222-2222-222222222222");
    private static readonly Instant Noon = Instant.FromUnixMicroseconds(1_737_115_200_123_456);

    /// <summary>Opens a store with nothing in it that holds the partitions 0 to <paramref name="partitions"/> - 1.</summary>
    protected abstract ValueTask<IShardStore> OpenAsync(int partitions);

    [Fact]
    public async Task First_claim_is_epoch_1_and_each_next_claim_raises_it()
    {
        var store = await OpenAsync(2);
        Assert.Equal(new PartitionClaim(ClaimStatus.Claimed, 1, null), await ClaimAsync(store, 0, First));
        Assert.Equal(2, (await ClaimAsync(store, 0, First)).Epoch);
        Assert.Equal(3, (await ClaimAsync(store, 0, Second)).Epoch);
        Assert.Equal(1, (await ClaimAsync(store, 1, Second)).Epoch);
    }

    [Fact]
    public async Task Claim_of_only_what_is_mine_leaves_a_partition_of_another_alone()
    {
        var store = await OpenAsync(1);
        var owned = await ClaimAsync(store, 0, First);
        var refused = await store.ClaimAsync(new ClaimRequest(0, Second, OnlyIfMine: true), default);
        Assert.Equal(new PartitionClaim(ClaimStatus.OwnedByAnother, 0, null), refused);
        Assert.Equal([0], await WriteAsync(store, [Group(0, owned.Epoch, 1, [1])]));
        Assert.Equal(2, (await store.ClaimAsync(new ClaimRequest(0, First, OnlyIfMine: true), default)).Epoch);
    }

    [Fact]
    public async Task Claim_of_only_what_is_mine_refuses_a_partition_without_an_owner()
    {
        var store = await OpenAsync(1);
        Assert.Equal(ClaimStatus.OwnedByAnother, (await store.ClaimAsync(new ClaimRequest(0, First, OnlyIfMine: true), default)).Status);
        var claim = await ClaimAsync(store, 0, First);
        await store.ReleaseAsync(0, claim.Epoch, default);
        Assert.Equal(ClaimStatus.OwnedByAnother, (await store.ClaimAsync(new ClaimRequest(0, First, OnlyIfMine: true), default)).Status);
    }

    [Fact]
    public async Task Release_under_an_old_epoch_does_nothing()
    {
        var store = await OpenAsync(1);
        var old = await ClaimAsync(store, 0, First);
        await ClaimAsync(store, 0, Second);
        await store.ReleaseAsync(0, old.Epoch, default);
        Assert.Equal(ClaimStatus.Claimed, (await store.ClaimAsync(new ClaimRequest(0, Second, OnlyIfMine: true), default)).Status);
    }

    [Fact]
    public async Task Owner_is_seen_until_the_lease_is_released()
    {
        var store = await OpenAsync(1);
        Assert.Null(await store.ReadOwnerAsync(0, default));
        var claim = await ClaimAsync(store, 0, First);
        Assert.Equal(First, await store.ReadOwnerAsync(0, default));
        await store.ReleaseAsync(0, claim.Epoch, default);
        Assert.Null(await store.ReadOwnerAsync(0, default));
    }

    [Fact]
    public async Task Released_partition_keeps_its_epoch()
    {
        var store = await OpenAsync(1);
        var claim = await ClaimAsync(store, 0, First);
        await store.ReleaseAsync(0, claim.Epoch, default);
        Assert.Equal(claim.Epoch + 1, (await ClaimAsync(store, 0, Second)).Epoch);
    }

    [Fact]
    public async Task Round_writes_the_groups_that_are_held_and_leaves_the_fenced_out()
    {
        var store = await OpenAsync(3);
        var epochs = await ClaimAllAsync(store, 3, First);
        await ClaimAsync(store, 1, Second);
        var held = await WriteAsync(store, [Group(2, epochs[2], 1, [2]), Group(1, epochs[1], 1, [1]), Group(0, epochs[0], 1, [0])]);
        Assert.Equal([0, 2], held.Order());
        Assert.Single(await JournalAsync(store, 0, 0));
        Assert.Empty(await JournalAsync(store, 1, 0));
        Assert.Single(await JournalAsync(store, 2, 0));
    }

    [Fact]
    public async Task Checks_see_the_current_epoch_alone_and_beside_groups()
    {
        var store = await OpenAsync(4);
        var epochs = await ClaimAllAsync(store, 4, First);
        await ClaimAsync(store, 2, Second);
        var alone = new List<int>();
        await store.WriteRoundAsync([], [new(1, epochs[1]), new(2, epochs[2]), new(3, epochs[3] + 1)], alone, default);
        Assert.Equal([1], alone);
        var beside = new List<int>();
        await store.WriteRoundAsync([Group(0, epochs[0], 1, [7])], [new(1, epochs[1]), new(2, epochs[2])], beside, default);
        Assert.Equal([0, 1], beside.Order());
    }

    [Fact]
    public async Task Round_of_nothing_holds_nothing()
    {
        var store = await OpenAsync(1);
        Assert.Empty(await WriteAsync(store, []));
    }

    [Fact]
    public async Task Sequence_that_is_taken_fails_the_whole_round_and_writes_none_of_it()
    {
        var store = await OpenAsync(2);
        var epochs = await ClaimAllAsync(store, 2, First);
        await WriteAsync(store, [Group(0, epochs[0], 1, [1])]);
        var held = new List<int>();
        await Assert.ThrowsAnyAsync<Exception>(async () => await store.WriteRoundAsync(
            [Group(0, epochs[0], 1, [9]), Group(1, epochs[1], 1, [9])], [], held, default));
        Assert.Empty(held);
        Assert.Equal([1], Assert.Single(await JournalAsync(store, 0, 0)).Body);
        Assert.Empty(await JournalAsync(store, 1, 0));
    }

    [Fact]
    public async Task Journal_reads_back_what_was_written_in_order_after_a_sequence()
    {
        var store = await OpenAsync(2);
        var epochs = await ClaimAllAsync(store, 2, First);
        for (var sequence = 1; sequence <= 300; sequence++)
            await WriteAsync(store, [Group(0, epochs[0], sequence, Bytes(sequence, sequence * 13)), Group(1, epochs[1], sequence, [1])]);
        var rows = await JournalAsync(store, 0, 17);
        Assert.Equal(Enumerable.Range(18, 283).Select(i => (long)i), rows.Select(row => row.Sequence));
        Assert.All(rows, row =>
        {
            Assert.Equal((0, epochs[0], Noon + TimeSpan.FromMicroseconds(row.Sequence)), (row.Partition, row.Epoch, row.At));
            Assert.Equal(Bytes((int)row.Sequence, (int)row.Sequence * 13), row.Body);
        });
        Assert.Empty(await JournalAsync(store, 0, 300));
    }

    [Fact]
    public async Task Journal_keeps_empty_and_large_bodies()
    {
        var store = await OpenAsync(1);
        var epochs = await ClaimAllAsync(store, 1, First);
        var large = Bytes(5, 3_000_000);
        await WriteAsync(store, [Group(0, epochs[0], 1, [])]);
        await WriteAsync(store, [Group(0, epochs[0], 2, large)]);
        var rows = await JournalAsync(store, 0, 0);
        Assert.Empty(rows[0].Body);
        Assert.Equal(large, rows[1].Body);
    }

    [Fact]
    public async Task Body_may_be_reused_once_the_write_has_returned()
    {
        var store = await OpenAsync(1);
        var epochs = await ClaimAllAsync(store, 1, First);
        var buffer = new byte[] { 1, 2, 3, 4 };
        await WriteAsync(store, [new GroupWrite(0, epochs[0], 1, Noon, buffer.AsMemory(1, 2))]);
        Array.Clear(buffer);
        Assert.Equal([2, 3], Assert.Single(await JournalAsync(store, 0, 0)).Body);
    }

    [Fact]
    public async Task Reader_that_stops_early_leaves_the_store_usable()
    {
        var store = await OpenAsync(1);
        var epochs = await ClaimAllAsync(store, 1, First);
        for (var sequence = 1; sequence <= 200; sequence++)
            await WriteAsync(store, [Group(0, epochs[0], sequence, [1])]);
        await foreach (var row in store.ReadJournalAsync(0, 0, default))
        {
            if (row.Sequence == 3)
                break;
        }

        Assert.Equal(200, (await JournalAsync(store, 0, 0)).Count);
    }

    [Fact]
    public async Task Single_groups_are_found_and_missing_ones_left_out()
    {
        var store = await OpenAsync(1);
        var epochs = await ClaimAllAsync(store, 1, First);
        for (var sequence = 1; sequence <= 5; sequence++)
            await WriteAsync(store, [Group(0, epochs[0], sequence, Bytes(sequence, 40))]);
        var rows = await store.ReadGroupsAsync(0, [4, 99, 2], default);
        Assert.Equal([2L, 4L], rows.Select(row => row.Sequence).Order());
        Assert.Equal(Bytes(4, 40), rows.Single(row => row.Sequence == 4).Body);
        Assert.Empty(await store.ReadGroupsAsync(0, [], default));
    }

    [Fact]
    public async Task Clock_is_the_present()
    {
        var store = await OpenAsync(1);
        var apart = (await store.ReadClockAsync(default)).ToDateTimeOffset() - DateTimeOffset.UtcNow;
        Assert.True(apart.Duration() < TimeSpan.FromMinutes(5), $"{apart}");
    }

    private static GroupWrite Group(int partition, long epoch, long sequence, byte[] body) =>
        new(partition, epoch, sequence, Noon + TimeSpan.FromMicroseconds(sequence), body);

    private static byte[] Bytes(int seed, int length)
    {
        var bytes = new byte[length];
        new Random(seed).NextBytes(bytes);
        return bytes;
    }

    private static async Task<PartitionClaim> ClaimAsync(IShardStore store, int partition, Guid owner) =>
        await store.ClaimAsync(new ClaimRequest(partition, owner, OnlyIfMine: false), default);

    private static async Task<long[]> ClaimAllAsync(IShardStore store, int partitions, Guid owner)
    {
        var epochs = new long[partitions];
        for (var partition = 0; partition < partitions; partition++)
            epochs[partition] = (await ClaimAsync(store, partition, owner)).Epoch;
        return epochs;
    }

    private static async Task<List<int>> WriteAsync(IShardStore store, IReadOnlyList<GroupWrite> groups)
    {
        var held = new List<int>();
        await store.WriteRoundAsync(groups, [], held, default);
        return held;
    }

    private static async Task<List<JournalRow>> JournalAsync(IShardStore store, int partition, long after)
    {
        var rows = new List<JournalRow>();
        await foreach (var row in store.ReadJournalAsync(partition, after, default))
            rows.Add(row);
        return rows;
    }
}
