using Metering.Core.Time;
using Metering.Grid.Storage;
using Npgsql;

namespace Metering.Storage.Postgres.Tests.Shards;

/// <summary>Each order in which a claim and a write can meet, with real sessions.</summary>
public sealed class FenceTests
{
    private static readonly Guid Old = new("11111111-1111-1111-1111-111111111111");
    private static readonly Guid New = new("22222222-2222-2222-2222-222222222222");
    private static readonly Instant Noon = Instant.FromUnixMicroseconds(1_737_115_200_000_000);

    [Fact]
    public async Task Claim_that_commits_before_a_write_fences_it()
    {
        await using var shard = await TestShard.CreateAsync(1);
        var old = await ClaimAsync(shard, 0, Old);
        await ClaimAsync(shard, 0, New);
        Assert.Empty(await WriteAsync(shard, Group(0, old, 1)));
        Assert.Equal(0L, await shard.ScalarAsync("SELECT count(*) FROM journal"));
    }

    [Fact]
    public async Task Write_that_meets_a_claim_in_progress_waits_and_is_then_fenced()
    {
        await using var shard = await TestShard.CreateAsync(2);
        var (fenced, other) = (await ClaimAsync(shard, 0, Old), await ClaimAsync(shard, 1, Old));
        await using var claimant = await shard.Plain.OpenConnectionAsync();
        await using var claim = await claimant.BeginTransactionAsync();
        await RunAsync(claimant, "UPDATE lease SET epoch = epoch + 1 WHERE partition = 0");

        var write = WriteAsync(shard, Group(0, fenced, 1), Group(1, other, 1));
        await UntilAsync(shard,
            "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE '%INSERT INTO journal%'", 1);
        await claim.CommitAsync();

        Assert.Equal([1], await write);
        Assert.Equal(0L, await shard.ScalarAsync("SELECT count(*) FROM journal WHERE partition = 0"));
        Assert.Equal(1L, await shard.ScalarAsync("SELECT count(*) FROM journal WHERE partition = 1"));
    }

    [Fact]
    public async Task Write_that_meets_a_claim_which_is_taken_back_goes_through()
    {
        await using var shard = await TestShard.CreateAsync(1);
        var epoch = await ClaimAsync(shard, 0, Old);
        await using var claimant = await shard.Plain.OpenConnectionAsync();
        await using var claim = await claimant.BeginTransactionAsync();
        await RunAsync(claimant, "UPDATE lease SET epoch = epoch + 1 WHERE partition = 0");
        var write = WriteAsync(shard, Group(0, epoch, 1));
        await UntilAsync(shard,
            "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE '%INSERT INTO journal%'", 1);
        await claim.RollbackAsync();
        Assert.Equal([0], await write);
    }

    [Fact]
    public async Task Claim_that_meets_a_write_in_progress_waits_and_then_reads_what_it_wrote()
    {
        await using var shard = await TestShard.CreateAsync(1);
        var epoch = await ClaimAsync(shard, 0, Old);
        await using var writer = await shard.Plain.OpenConnectionAsync();
        await using var write = await writer.BeginTransactionAsync();
        await RunAsync(writer, $"""
            INSERT INTO journal SELECT 0, 1, {epoch}, now(), 'x' FROM (SELECT FROM lease WHERE partition = 0
                AND epoch = {epoch} FOR SHARE) AS held
            """);

        var claim = shard.Store.ClaimAsync(new ClaimRequest(0, New, OnlyIfMine: false), default).AsTask();
        await UntilAsync(shard, "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE '%UPDATE lease%'", 1);
        Assert.False(claim.IsCompleted);
        await write.CommitAsync();

        Assert.Equal(epoch + 1, (await claim).Epoch);
        Assert.Single(await ReadAsync(shard, 0));
    }

    [Fact]
    public async Task Claim_ends_a_session_that_holds_the_lease_for_more_than_a_second_and_its_write_leaves_nothing()
    {
        await using var shard = await TestShard.CreateAsync(1);
        var epoch = await ClaimAsync(shard, 0, Old);
        await using var writer = await shard.Plain.OpenConnectionAsync();
        await using var write = await writer.BeginTransactionAsync();
        await RunAsync(writer, $"""
            INSERT INTO journal SELECT 0, 1, {epoch}, now(), 'x' FROM (SELECT FROM lease WHERE partition = 0
                AND epoch = {epoch} FOR SHARE) AS held
            """);

        var started = TimeProvider.System.GetTimestamp();
        var claim = await shard.Store.ClaimAsync(new ClaimRequest(0, New, OnlyIfMine: false), default);
        var took = TimeProvider.System.GetElapsedTime(started);

        Assert.Equal((ClaimStatus.Claimed, epoch + 1), (claim.Status, claim.Epoch));
        Assert.InRange(took, TimeSpan.FromSeconds(0.9), TimeSpan.FromSeconds(5));
        await Assert.ThrowsAnyAsync<NpgsqlException>(() => write.CommitAsync());
        Assert.Empty(await ReadAsync(shard, 0));
        Assert.Equal(0L, await shard.ScalarAsync("SELECT count(*) FROM journal"));
    }

    [Fact]
    public async Task Claims_at_once_get_epochs_of_their_own()
    {
        await using var shard = await TestShard.CreateAsync(1);
        var claims = await Task.WhenAll(Enumerable.Range(0, 12).Select(_ => ClaimAsync(shard, 0, Guid.NewGuid())));
        Assert.Equal(Enumerable.Range(1, 12).Select(i => (long)i), claims.Order());
    }

    [Fact]
    public async Task Claim_is_not_kept_out_by_an_owner_that_writes_without_a_pause()
    {
        await using var shard = await TestShard.CreateAsync(1);
        var epoch = await ClaimAsync(shard, 0, Old);
        var written = 0L;
        var writing = Task.Run(async () =>
        {
            while (await WriteAsync(shard, Group(0, epoch, written + 1)) is [0])
                written++;
        });
        await UntilAsync(shard, "SELECT least(count(*), 20) FROM journal", 20);
        var claim = await shard.Store.ClaimAsync(new ClaimRequest(0, New, OnlyIfMine: false), default);
        var seen = await ReadAsync(shard, 0);
        await writing;
        Assert.Equal(epoch + 1, claim.Epoch);
        // What the new owner reads right after its claim is all there will ever be of the old one.
        Assert.Equal(written, seen.Count);
        Assert.Equal(written, await shard.ScalarAsync("SELECT count(*) FROM journal"));
    }

    [Fact]
    public async Task Moved_partition_sends_claims_on_and_takes_no_writes()
    {
        await using var shard = await TestShard.CreateAsync(1);
        var epoch = await ClaimAsync(shard, 0, Old);
        await shard.ScalarAsync("UPDATE lease SET moved_to = 's2' WHERE partition = 0");
        Assert.Equal(
            new PartitionClaim(ClaimStatus.Moved, 0, "s2"), await shard.Store.ClaimAsync(new ClaimRequest(0, Old, OnlyIfMine: true),
                default));
        Assert.Empty(await WriteAsync(shard, Group(0, epoch, 1)));
        var held = new List<int>();
        await shard.Store.WriteRoundAsync([], [new(0, epoch)], held, default);
        Assert.Empty(held);
        Assert.False(await shard.Store.SaveCheckpointAsync(new(0, epoch, [new(0, 1, 1, null, [1])], 1, [1]), default));
        Assert.Equal(epoch, await shard.ScalarAsync("SELECT epoch FROM lease"));
    }

    [Fact]
    public async Task Partition_that_was_never_given_to_the_shard_cannot_be_claimed()
    {
        await using var shard = await TestShard.CreateAsync(1);
        Assert.Equal(
            new PartitionClaim(ClaimStatus.Absent, 0, null),
            await shard.Store.ClaimAsync(new ClaimRequest(5, Old, OnlyIfMine: false), default));
        Assert.Equal(1L, await shard.ScalarAsync("SELECT count(*) FROM lease"));
    }

    [Fact]
    public async Task Rounds_over_the_same_partitions_in_any_order_never_deadlock()
    {
        await using var shard = await TestShard.CreateAsync(8);
        var epochs = new long[8];
        for (var partition = 0; partition < 8; partition++)
            epochs[partition] = await ClaimAsync(shard, partition, Old);
        await Task.WhenAll(Enumerable.Range(0, 4).Select(async writer =>
        {
            var random = new Random(writer);
            for (var round = 1; round <= 50; round++)
            {
                var order = Enumerable.Range(0, 8).ToArray();
                random.Shuffle(order);
                var groups = order.Select(partition => Group(partition, epochs[partition], writer * 1000 + round)).ToArray();
                Assert.Equal(8, (await WriteAsync(shard, groups)).Count);
            }
        }));
    }

    private static GroupWrite Group(int partition, long epoch, long sequence) => new(partition, epoch, sequence, Noon, new byte[] { 1 });

    private static async Task<long> ClaimAsync(TestShard shard, int partition, Guid owner) =>
        (await shard.Store.ClaimAsync(new ClaimRequest(partition, owner, OnlyIfMine: false), default)).Epoch;

    private static async Task<List<int>> WriteAsync(TestShard shard, params GroupWrite[] groups)
    {
        var held = new List<int>();
        await shard.Store.WriteRoundAsync(groups, [], held, default);
        return held;
    }

    private static async Task<List<JournalRow>> ReadAsync(TestShard shard, int partition)
    {
        var rows = new List<JournalRow>();
        await foreach (var row in shard.Store.ReadJournalAsync(partition, 0, default))
            rows.Add(row);
        return rows;
    }

    private static async Task RunAsync(NpgsqlConnection connection, string sql)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync();
    }

    private static async Task UntilAsync(TestShard shard, string sql, long wanted)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        while (!Equals(await shard.ScalarAsync(sql), wanted))
            await Task.Delay(5, limit.Token);
    }
}
