using Metering.Grid.Outbox;
using Metering.Grid.Storage;
using Metering.Storage.Postgres.Directories;
using Metering.Storage.Postgres.Moves;
using Metering.Storage.Postgres.Tests.Shards;

namespace Metering.Storage.Postgres.Tests.Moves;

/// <summary>Moves against PostgreSQL: ended between any two things they do, run again, and compared row by row.</summary>
public sealed class PartitionMoveTests
{
    public static TheoryData<MovePoint> Points => [.. Enum.GetValues<MovePoint>()];

    [Fact]
    public async Task Every_table_of_a_shard_is_moved_or_said_to_stay()
    {
        await using var shard = await TestShard.CreateAsync(1);
        await using var command = shard.Plain.CreateCommand("""
            SELECT relname FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace
            WHERE nspname = 'public' AND relkind IN ('r', 'p') AND NOT relispartition ORDER BY relname
            """);
        var tables = new List<string>();
        await using var reader = await command.ExecuteReaderAsync();
        while (await reader.ReadAsync())
            tables.Add(reader.GetString(0));

        Assert.Equal(tables, MovedTables.All.Order(StringComparer.Ordinal));
    }

    [Theory]
    [MemberData(nameof(Points))]
    public async Task Move_that_ended_anywhere_is_finished_by_running_it_again(MovePoint end)
    {
        await using var bench = await MoveBench.CreateAsync();
        await bench.FillAsync();
        var before = await MoveBench.DumpAsync(bench.A, [MovedTables.Journal, .. MovedTables.Compared]);

        await Assert.ThrowsAsync<EndedException>(() => bench.MoveAsync("b", point => point == end ? throw new EndedException() : Done));
        var summary = await bench.MoveAsync("b");

        Assert.True(summary.Moved);
        Assert.Equal(before, await MoveBench.DumpAsync(bench.B, [MovedTables.Journal, .. MovedTables.Compared]));
        await bench.ProjectAsync(bench.B);
        Assert.Equal(
            await MoveBench.ProjectedAfreshAsync(bench, bench.A), await MoveBench.DumpAsync(bench.B, MoveBench.QueryTables));
        Assert.Equal(
            before.Where(row => row.StartsWith("journal", StringComparison.Ordinal)),
            await MoveBench.DumpAsync(bench.A, MovedTables.All.Except(MovedTables.Stay).Except([MovedTables.Lease])));
        Assert.Equal("b", await bench.A.ScalarAsync("SELECT moved_to FROM lease WHERE partition = 0"));
        Assert.Empty(await bench.Moves.ListAsync(default));
        Assert.False((await bench.MoveAsync("b")).Moved);
    }

    [Fact]
    public async Task What_comes_in_while_copies_are_made_is_there_after_the_move()
    {
        await using var bench = await MoveBench.CreateAsync();
        await bench.FillAsync();

        await bench.MoveAsync("b", async point =>
        {
            if (point > MovePoint.BeforeFence)
                return;
            // As an owner at work: journal, checkpoints, segments, projections, messages.
            await bench.Journal.WriteAsync(5, 3);
            await bench.SaveAsync(bench.A, await bench.EpochAsync(bench.A), [2, 40 + (int)point], segment: true);
            if (point == MovePoint.ProjectionsCopied)
                await bench.ProjectAsync(bench.A);
            await bench.Outbox.EnqueueAsync([MoveBench.Message($"late{point}")], default);
            foreach (var claim in await bench.Outbox.ClaimAsync(new OutboxClaimRequest("a", ["mail.invoice"], 1), default))
                await bench.Outbox.CompleteAsync(claim, MoveBench.Attempt(null), [], default);
        });

        await bench.ProjectAsync(bench.B);
        Assert.Equal(50, await MoveBench.NewestAsync(bench.B));
        Assert.Equal(
            await MoveBench.ProjectedAfreshAsync(bench, bench.B), await MoveBench.DumpAsync(bench.B, MoveBench.QueryTables));
        var (delivered, waiting) = (await StatusesAsync(bench.B, 1), await StatusesAsync(bench.B, 0));
        Assert.Equal(5, delivered);
        Assert.Equal(10, delivered + waiting + await StatusesAsync(bench.B, 2));
        Assert.Equal(8L, await bench.B.ScalarAsync("SELECT count(*) FROM checkpoint WHERE partition = 0"));
        Assert.Equal(6L, await bench.B.ScalarAsync("SELECT count(*) FROM dedup_segment WHERE partition = 0"));
        Assert.Equal(12L, await bench.B.ScalarAsync("SELECT count(*) FROM dedup_block WHERE partition = 0"));
    }

    [Fact]
    public async Task Stale_owner_can_write_nothing_on_the_source_and_the_owner_may_claim_on_the_target()
    {
        await using var bench = await MoveBench.CreateAsync();
        await bench.FillAsync();
        var owner = Guid.NewGuid();
        var old = await bench.A.Store.ClaimAsync(new ClaimRequest(MoveBench.Moved, owner, false), default);
        await bench.MoveAsync("b", async point =>
        {
            if (point != MovePoint.Fenced)
                return;
            var absent = await bench.B.Store.ClaimAsync(new ClaimRequest(MoveBench.Moved, owner, true), default);
            Assert.Equal(new PartitionClaim(ClaimStatus.Absent, 0, null), absent);
        });

        var newest = await MoveBench.NewestAsync(bench.A);
        var held = new List<int>();
        var at = Projections.JournalMaker.Start;
        await bench.A.Store.WriteRoundAsync(
            [new GroupWrite(MoveBench.Moved, old.Epoch, newest + 1, at, new byte[] { 1 })], [new FenceCheck(0, old.Epoch)], held, default);
        Assert.Empty(held);
        Assert.False(await bench.A.Store.SaveCheckpointAsync(new CheckpointWrite(0, old.Epoch, [], 1, [1]), default));
        Assert.Equal(newest, await MoveBench.NewestAsync(bench.A));
        Assert.Equal(
            new PartitionClaim(ClaimStatus.Moved, 0, "b"), await bench.A.Store.ClaimAsync(new ClaimRequest(0, owner, true), default));

        var claim = await bench.B.Store.ClaimAsync(new ClaimRequest(0, owner, OnlyIfMine: true), default);
        Assert.Equal(ClaimStatus.Claimed, claim.Status);
        Assert.True(claim.Epoch > old.Epoch + 1);
    }

    [Fact]
    public async Task Partition_goes_round_three_shards_and_comes_back_with_what_each_wrote()
    {
        await using var bench = await MoveBench.CreateAsync();
        await bench.FillAsync();
        var journal = await MoveBench.DumpAsync(bench.A, [MovedTables.Journal]);
        foreach (var (from, to) in (IEnumerable<(TestShard, TestShard)>)
            [(bench.A, bench.B), (bench.B, bench.C), (bench.C, bench.A), (bench.A, bench.C), (bench.C, bench.B), (bench.B, bench.A)])
        {
            Assert.True((await bench.MoveAsync(to.Database.Name)).Moved);
            var claim = await to.Store.ClaimAsync(new ClaimRequest(0, Guid.NewGuid(), false), default);
            Assert.Equal(ClaimStatus.Claimed, claim.Status);
            Assert.Equal(ClaimStatus.Moved, (await from.Store.ClaimAsync(new ClaimRequest(0, Guid.NewGuid(), false), default)).Status);
            Assert.Equal(journal, await MoveBench.DumpAsync(to, [MovedTables.Journal]));
            var held = new List<int>();
            var newest = await MoveBench.NewestAsync(to);
            var body = (byte[])(await to.ScalarAsync("SELECT body FROM journal WHERE partition = 0 ORDER BY seq DESC LIMIT 1"))!;
            await to.Store.WriteRoundAsync(
                [new GroupWrite(0, claim.Epoch, newest + 1, Projections.JournalMaker.Start, body)], [], held, default);
            Assert.Equal([0], held);
            // The group was not made for its place: it is not to be projected.
            await to.ScalarAsync($"UPDATE projection_cursor SET seq = {newest + 1} WHERE partition = 0");
            await bench.SaveAsync(to, claim.Epoch, [5], segment: false);
            journal = await MoveBench.DumpAsync(to, [MovedTables.Journal]);
        }

        Assert.Equal("a", (await new DirectoryStore(bench.Control).ReadShardMapAsync(default))[MoveBench.Moved].Shard);
    }

    [Fact]
    public async Task Abort_before_the_fence_leaves_the_source_as_it_was_and_after_it_is_refused()
    {
        await using var bench = await MoveBench.CreateAsync();
        await bench.FillAsync();
        string[] tables = [.. MovedTables.All.Except(MovedTables.Stay)];
        var before = await MoveBench.DumpAsync(bench.A, tables);
        await Assert.ThrowsAsync<EndedException>(
            () => bench.MoveAsync("b", point => point == MovePoint.BeforeFence ? throw new EndedException() : Done));
        await Assert.ThrowsAsync<MoveRefusedException>(() => bench.MoveAsync("c"));

        Assert.True(await bench.Mover().AbortAsync(MoveBench.Moved, default));
        Assert.False(await bench.Mover().AbortAsync(MoveBench.Moved, default));
        Assert.Equal(before, await MoveBench.DumpAsync(bench.A, tables));
        Assert.Empty(await MoveBench.DumpAsync(bench.B, tables.Except([MovedTables.Journal])));

        await Assert.ThrowsAsync<EndedException>(
            () => bench.MoveAsync("b", point => point == MovePoint.Fenced ? throw new EndedException() : Done));
        await Assert.ThrowsAsync<MoveRefusedException>(() => bench.Mover().AbortAsync(MoveBench.Moved, default));
        Assert.True((await bench.MoveAsync("b")).Moved);
    }

    [Fact]
    public async Task Two_movers_exclude_each_other_and_one_that_was_replaced_changes_nothing()
    {
        await using var bench = await MoveBench.CreateAsync();
        await bench.FillAsync();
        await bench.MoveAsync("b", async point =>
        {
            if (point == MovePoint.ProjectionsCopied)
                await Assert.ThrowsAsync<MoveRefusedException>(() => bench.MoveAsync("b"));
        });

        // One whose session in the control database is lost while it is halted, right before the fence: the move is taken back meanwhile.
        var halted = bench.MoveAsync("c", async point =>
        {
            if (point != MovePoint.BeforeFence)
                return;
            await bench.EndTurnsAsync();
            Assert.True(await bench.Mover().AbortAsync(MoveBench.Moved, default));
        });
        await Assert.ThrowsAsync<MoverReplacedException>(() => halted);
        Assert.Equal(DBNull.Value, await bench.B.ScalarAsync("SELECT moved_to FROM lease WHERE partition = 0"));
        Assert.Equal(0L, await bench.C.ScalarAsync("SELECT count(*) FROM lease"));
    }

    [Fact]
    public async Task Mover_that_is_overtaken_after_the_fence_does_not_touch_what_has_arrived()
    {
        await using var bench = await MoveBench.CreateAsync();
        await bench.FillAsync();
        var overtaken = bench.MoveAsync("b", async point =>
        {
            if (point != MovePoint.FenceRecorded)
                return;
            await bench.EndTurnsAsync();
            Assert.True((await bench.MoveAsync("b")).Moved);
        });
        await Assert.ThrowsAnyAsync<Exception>(() => overtaken);
        Assert.Equal(DBNull.Value, await bench.B.ScalarAsync("SELECT moved_to FROM lease WHERE partition = 0"));
        Assert.Equal(4L, await bench.B.ScalarAsync("SELECT count(*) FROM checkpoint WHERE partition = 0"));
        Assert.Equal(30L, await bench.B.ScalarAsync("SELECT count(*) FROM journal WHERE partition = 0"));
    }

    [Fact]
    public async Task Message_is_given_out_by_one_shard_at_a_time_and_what_was_claimed_before_is_completed_after()
    {
        await using var bench = await MoveBench.CreateAsync();
        await bench.FillAsync();
        var request = new OutboxClaimRequest("a", ["mail.invoice"], 10);
        IReadOnlyList<OutboxClaim> claims = [];
        Task<bool>? late = null;
        await bench.MoveAsync("b", async point =>
        {
            if (point == MovePoint.BeforeFence)
            {
                claims = await bench.Outbox.ClaimAsync(request, default);
                Assert.Equal(2, claims.Count);
            }
            else if (point == MovePoint.BeforeArrival)
            {
                // Neither side gives anything out; who completes waits for the arrival.
                Assert.Empty(await bench.Outbox.ClaimAsync(request, default));
                Assert.Empty(await bench.Outbox.ClaimAsync(request with { Shard = "b" }, default));
                late = bench.Outbox.CompleteAsync(claims[0], MoveBench.Attempt(null), [MoveBench.Message("follows")], default).AsTask();
            }
            else if (point == MovePoint.Arrived)
            {
                Assert.False(late!.IsCompleted);
            }
        });
        Assert.True(await late!);
        Assert.True(await bench.Outbox.CompleteAsync(claims[1], MoveBench.Attempt(null), [], default));

        Assert.Empty(await bench.Outbox.ClaimAsync(request, default));
        var claimed = await bench.Outbox.ClaimAsync(request with { Shard = "b" }, default);
        Assert.Equal(["follows"], claimed.Select(claim => claim.Id));
    }

    [Fact]
    public async Task Question_to_all_shards_counts_a_partition_once_while_both_have_its_rows()
    {
        await using var bench = await MoveBench.CreateAsync();
        await bench.FillAsync();
        var history = new Metering.Storage.Postgres.History.InvoiceHistory(bench.Map);
        var (from, until) = (new DateOnly(2025, 1, 1), new DateOnly(2025, 2, 1));
        var events = await history.CountEventsAsync(from, until, default);
        Assert.True(events > 0);
        var messages = (await bench.Outbox.ListAsync(new OutboxQuery(100, null), default)).Rows.Count;
        await bench.MoveAsync("b", async point =>
        {
            await bench.Map.RefreshAsync(default);
            if (point == MovePoint.HalfCleared)
                Assert.Equal(0L, await bench.A.ScalarAsync("SELECT count(*) FROM usage_event WHERE partition = 0"));
            Assert.Equal(events, await history.CountEventsAsync(from, until, default));
            Assert.Equal(messages, (await bench.Outbox.ListAsync(new OutboxQuery(100, null), default)).Rows.Count);
        });
    }

    private static Task Done => Task.CompletedTask;

    private static async Task<int> StatusesAsync(TestShard shard, int status) => (int)(long)(await shard.ScalarAsync(
        $"SELECT count(*) FROM outbox WHERE partition = 0 AND kind = 'mail.invoice' AND status = {status}"))!;

    private sealed class EndedException : Exception;
}
