using Metering.Grid.Outbox;
using Metering.Storage.Postgres.Outbox;
using Metering.TestSupport;

namespace Metering.Storage.Postgres.Tests.Outbox;

public sealed class OutboxStoreTests
{
    [Fact]
    public async Task Row_comes_out_as_it_went_in_and_a_second_one_of_its_id_is_not_made()
    {
        await using var bench = await OutboxBench.CreateAsync();
        var message = bench.Message("a", "webhook.delivery", target: "whe_1") with
        {
            Topic = "alert.raised", EventId = "evt_1", OwnerId = "owner", AttemptsMax = 3, DueAt = bench.Now - TimeSpan.FromSeconds(1),
        };
        Assert.Equal(1, await bench.Store.EnqueueAsync([message], default));
        Assert.Equal(0, await bench.Store.EnqueueAsync([message with { Data = "{}" }], default));

        var claim = Assert.Single(await bench.ClaimAsync("webhook.delivery"));
        Assert.Equal(message, claim.Message);
        Assert.Equal((1, 0, bench.Now + new OutboxOptions().Lease), (claim.Attempt, claim.AttemptsBefore, claim.LeasedUntil));
        Assert.Equal(message, (await bench.Store.FindAsync(0, "a", default))!.Message);
        Assert.Null(await bench.Store.FindAsync(1, "a", default));
    }

    [Fact]
    public async Task Claims_at_once_from_several_processes_share_the_rows_and_take_none_twice()
    {
        await using var bench = await OutboxBench.CreateAsync();
        await bench.PutAsync([.. Enumerable.Range(0, 400).Select(n => bench.Message($"m{n}", target: $"t{n % 7}"))]);
        var taken = await Task.WhenAll(Enumerable.Range(0, 8).Select(async _ =>
        {
            var store = bench.NewStore();
            var mine = new List<string>();
            while (true)
            {
                var claims = await bench.ClaimAsync(limit: 9, store: store);
                if (claims.Count == 0 && await AllLeasedAsync(bench))
                    return mine;
                mine.AddRange(claims.Select(claim => claim.Id));
            }
        }));

        var all = taken.SelectMany(ids => ids).ToList();
        Assert.Equal(400, all.Count);
        Assert.Equal(400, all.Distinct().Count());
    }

    private static async Task<bool> AllLeasedAsync(OutboxBench bench) =>
        Equals(0L, await bench.Even.ScalarAsync("SELECT count(*) FROM outbox WHERE attempts = 0"));

    [Fact]
    public async Task Worker_that_dies_between_claim_and_completion_loses_the_row_to_the_next_claim()
    {
        await using var bench = await OutboxBench.CreateAsync();
        await bench.PutAsync(bench.Message("a"));
        var lost = Assert.Single(await bench.ClaimAsync());
        Assert.Empty(await bench.ClaimAsync());
        bench.Time.Advance(new OutboxOptions().Lease);

        var again = Assert.Single(await bench.ClaimAsync());
        Assert.Equal(("a", 2), (again.Id, again.Attempt));
        // The first worker was only slow: its failure does not take the row from the second, and its success would count.
        Assert.Null(await bench.Store.RetryAsync(lost, bench.Attempt("late"), null, default));
        Assert.False(await bench.Store.GiveUpAsync(lost, bench.Attempt("late"), default));
        Assert.True(await bench.Store.CompleteAsync(lost, bench.Attempt(status: 200), [], default));
        Assert.False(await bench.Store.CompleteAsync(again, bench.Attempt(status: 200), [bench.Message("b")], default));
        Assert.Null(await bench.Store.FindAsync(0, "b", default));
        Assert.Equal(OutboxStatus.Delivered, (await bench.Store.FindAsync(0, "a", default))!.Status);
    }

    [Fact]
    public async Task Failed_row_backs_off_doubling_and_is_given_up_with_its_last_attempt()
    {
        await using var bench = await OutboxBench.CreateAsync();
        var options = new OutboxOptions { FirstDelay = TimeSpan.FromSeconds(10), LongestDelay = TimeSpan.FromSeconds(30), AttemptsMax = 5 };
        var store = bench.NewStore(options);
        await bench.PutAsync(bench.Message("a"), bench.Message("once") with { AttemptsMax = 1 });
        // Half of 10, 20, 30, 30 s: without chance the shorter end.
        var once = (await bench.ClaimAsync(store: store)).Single(claim => claim.Id == "once");
        Assert.Equal(OutboxStatus.Dead, await store.RetryAsync(once, bench.Attempt("no"), null, default));
        bench.Time.Advance(options.Lease);
        foreach (var seconds in new[] { 10, 15, 15 })
        {
            var claim = Assert.Single(await bench.ClaimAsync(store: store));
            Assert.Equal(OutboxStatus.Pending, await store.RetryAsync(claim, bench.Attempt("no"), null, default));
            Assert.Equal(bench.Now + TimeSpan.FromSeconds(seconds), (await store.FindAsync(0, "a", default))!.NextAttemptAt);
            bench.Time.Advance(TimeSpan.FromSeconds(seconds) - TimeSpan.FromMilliseconds(1));
            Assert.Empty(await bench.ClaimAsync(store: store));
            bench.Time.Advance(TimeSpan.FromMilliseconds(1));
        }

        var last = Assert.Single(await bench.ClaimAsync(store: store));
        Assert.Equal((5, OutboxStatus.Dead), (last.Attempt, await store.RetryAsync(last, bench.Attempt("no\0\uD83D", 500), null, default)));
        var row = (await store.FindAsync(0, "a", default))!;
        Assert.Equal((OutboxStatus.Dead, 5, bench.Now), (row.Status, row.Attempts, row.ClosedAt));
        Assert.Null(row.NextAttemptAt);
        bench.Time.Advance(TimeSpan.FromHours(1));
        Assert.Empty(await bench.ClaimAsync(store: store));
    }

    [Fact]
    public async Task Wait_that_the_other_side_asks_for_is_kept_and_age_ends_a_row()
    {
        await using var bench = await OutboxBench.CreateAsync();
        var options = new OutboxOptions { AgeMax = TimeSpan.FromHours(1) };
        var store = bench.NewStore(options);
        await bench.PutAsync(bench.Message("a"));
        var claim = Assert.Single(await bench.ClaimAsync(store: store));
        Assert.Equal(OutboxStatus.Pending, await store.RetryAsync(claim, bench.Attempt("busy", 429), TimeSpan.FromMinutes(30), default));
        Assert.Equal(bench.Now + TimeSpan.FromMinutes(30), (await store.FindAsync(0, "a", default))!.NextAttemptAt);
        bench.Time.Advance(TimeSpan.FromMinutes(30));
        var again = Assert.Single(await bench.ClaimAsync(store: store));
        Assert.Equal(OutboxStatus.Dead, await store.RetryAsync(again, bench.Attempt("busy", 429), TimeSpan.FromMinutes(31), default));
    }

    [Fact]
    public async Task Replayed_row_is_due_at_once_with_all_its_attempts_and_keeps_those_it_had()
    {
        await using var bench = await OutboxBench.CreateAsync();
        var store = bench.NewStore(new OutboxOptions { AttemptsMax = 2, FirstDelay = TimeSpan.FromMilliseconds(2) });
        await bench.PutAsync(bench.Message("a"));
        foreach (var expected in new[] { OutboxStatus.Pending, OutboxStatus.Dead })
        {
            Assert.Equal(expected, await store.RetryAsync(
                Assert.Single(await bench.ClaimAsync(store: store)), bench.Attempt("no", 503), null, default));
            bench.Time.Advance(TimeSpan.FromDays(4));
        }

        var replayed = await store.ReplayAsync(0, "a", default);
        Assert.Equal((OutboxStatus.Pending, bench.Now), (replayed!.Status, replayed.NextAttemptAt));
        var claim = Assert.Single(await bench.ClaimAsync(store: store));
        Assert.Equal((3, 2), (claim.Attempt, claim.AttemptsBefore));
        Assert.Equal(OutboxStatus.Pending, await store.RetryAsync(claim, bench.Attempt("no", 502), null, default));
        bench.Time.Advance(TimeSpan.FromSeconds(1));
        var last = Assert.Single(await bench.ClaimAsync(store: store));
        Assert.True(await store.CompleteAsync(last, bench.Attempt(status: 204), [], default));

        Assert.Equal(
            [(1, 503, "no"), (2, 503, "no"), (3, 502, "no"), (4, 204, null)],
            (await store.ListAttemptsAsync(0, "a", default)).Select(row => (row.Number, row.Attempt.Status, row.Attempt.Error)));
        Assert.Equal(TimeSpan.FromMilliseconds(12), (await store.ListAttemptsAsync(0, "a", default))[0].Attempt.Took);
        // What was delivered is delivered again where that is wanted; what never was is not found.
        Assert.Equal(OutboxStatus.Pending, (await store.ReplayAsync(0, "a", default))!.Status);
        Assert.Null(await store.ReplayAsync(0, "nothing", default));
    }

    [Fact]
    public async Task What_follows_from_a_row_is_put_in_with_its_completion_or_not_at_all()
    {
        await using var bench = await OutboxBench.CreateAsync();
        await bench.PutAsync(bench.Message("a", "alert.raised"), bench.Message("there", "webhook.delivery", target: "t2"));
        var claim = Assert.Single(await bench.ClaimAsync("alert.raised"));
        await Assert.ThrowsAsync<ArgumentException>(() =>
            bench.Store.CompleteAsync(claim, null, [bench.Message("b", "webhook.delivery", partition: 1)], default).AsTask());
        var tooLarge = bench.Message("b", "webhook.delivery") with { Data = new string('x', 300_000) };
        await Assert.ThrowsAnyAsync<Exception>(() => bench.Store.CompleteAsync(claim, null, [tooLarge], default).AsTask());
        Assert.Equal(OutboxStatus.Pending, (await bench.Store.FindAsync(0, "a", default))!.Status);

        Assert.True(await bench.Store.CompleteAsync(
            claim, null, [bench.Message("b", "webhook.delivery", target: "t1"), bench.Message("there", "webhook.delivery")], default));
        Assert.Equal(["b", "there"], (await bench.ClaimAsync("webhook.delivery")).Select(row => row.Id).Order());
    }

    [Fact]
    public async Task Target_with_many_rows_does_not_keep_those_of_others_back()
    {
        await using var bench = await OutboxBench.CreateAsync();
        await bench.PutAsync([.. Enumerable.Range(0, 50).Select(n => bench.Message($"slow{n:00}", target: "a-slow"))]);
        await bench.PutAsync(bench.Message("busy", target: "b-busy"), bench.Message("other", target: "c-other"));
        var request = new OutboxClaimRequest("s1", ["mail.invoice"], 10)
        {
            LimitPerTarget = 3,
            TargetLimits = new Dictionary<string, int> { ["a-slow"] = 2, ["b-busy"] = 0 },
        };

        Assert.Equal(["other", "slow00", "slow01"], (await bench.Store.ClaimAsync(request, default)).Select(claim => claim.Id).Order());
        var unbound = request with { TargetLimits = new Dictionary<string, int> { ["b-busy"] = 0 } };
        Assert.Equal(3, (await bench.Store.ClaimAsync(unbound, default)).Count);
    }

    [Fact]
    public async Task Claim_takes_what_is_due_longest_and_only_its_kinds_and_its_shard()
    {
        await using var bench = await OutboxBench.CreateAsync();
        await bench.PutAsync(
            bench.Message("later") with { DueAt = bench.Now + TimeSpan.FromDays(9) }, bench.Message("new"),
            bench.Message("old") with { DueAt = bench.Now - TimeSpan.FromMinutes(1) }, bench.Message("push", "payment.push"),
            bench.Message("odd", partition: 1));

        Assert.Equal(["old"], (await bench.ClaimAsync(limit: 1)).Select(claim => claim.Id));
        Assert.Equal(["new"], (await bench.ClaimAsync()).Select(claim => claim.Id));
        Assert.Equal(["odd"], (await bench.ClaimAsync(shard: "s2")).Select(claim => claim.Id));
        bench.Time.Advance(TimeSpan.FromDays(9));
        Assert.Equal(
            ["later", "new", "old", "push"],
            (await bench.Store.ClaimAsync(new OutboxClaimRequest("s1", ["mail.invoice", "payment.push"], 9), default))
                .Select(claim => claim.Id).Order());
    }

    [Fact]
    public async Task Postponed_row_costs_no_attempt_and_a_cancelled_one_never_comes()
    {
        await using var bench = await OutboxBench.CreateAsync();
        await bench.PutAsync(bench.Message("a"), bench.Message("b"));
        await bench.Store.PostponeAsync(await bench.ClaimAsync(), TimeSpan.FromSeconds(5), default);
        Assert.Empty(await bench.ClaimAsync());
        Assert.Equal(OutboxStatus.Cancelled, await bench.Store.CancelAsync(0, "b", default));
        Assert.Equal(OutboxStatus.Cancelled, await bench.Store.CancelAsync(0, "b", default));
        Assert.Null(await bench.Store.CancelAsync(0, "nothing", default));
        bench.Time.Advance(TimeSpan.FromSeconds(5));

        var claim = Assert.Single(await bench.ClaimAsync());
        Assert.Equal(("a", 1), (claim.Id, claim.Attempt));
        Assert.True(await bench.Store.CompleteAsync(claim, null, [], default));
        Assert.Equal(OutboxStatus.Delivered, await bench.Store.CancelAsync(0, "a", default));
    }

    [Fact]
    public async Task Lists_page_over_all_shards_newest_first_and_filter()
    {
        await using var bench = await OutboxBench.CreateAsync();
        for (var n = 0; n < 25; n++)
        {
            // Two rows a moment: the id decides between them.
            if (n % 2 == 0)
                bench.Time.Advance(TimeSpan.FromSeconds(1));
            await bench.PutAsync(bench.Message($"m{n:00}", n % 5 == 0 ? "a" : "b", n % 2, $"t{n % 3}", $"c{n % 4}") with
            {
                OwnerId = n % 4 == 1 ? "c1" : null, Topic = $"x{n % 2}",
            });
        }

        var seen = new List<string>();
        string? cursor = null;
        do
        {
            var page = await bench.Store.ListAsync(new OutboxQuery(7, cursor), default);
            seen.AddRange(page.Rows.Select(row => row.Message.Id));
            cursor = page.NextCursor;
        }
        while (cursor is not null);
        Assert.Equal(Enumerable.Range(0, 25).Select(n => $"m{24 - n:00}"), seen);

        await IsAsync(new OutboxQuery(100, null) { Kind = "a" }, n => n % 5 == 0);
        await IsAsync(new OutboxQuery(100, null) { Topic = "x1", Partition = 1 }, n => n % 2 == 1);
        await IsAsync(new OutboxQuery(100, null) { CustomerId = "c2" }, n => n % 4 == 2);
        await IsAsync(new OutboxQuery(100, null) { OwnerId = "c1", Target = "t0" }, n => n % 4 == 1 && n % 3 == 0);
        await IsAsync(new OutboxQuery(100, null) { Status = OutboxStatus.Dead }, _ => false);
        await IsAsync(new OutboxQuery(100, null) { From = bench.Now, To = bench.Now + TimeSpan.FromSeconds(1) }, n => n == 24);
        await Assert.ThrowsAsync<FormatException>(() => bench.Store.ListAsync(new OutboxQuery(7, "nonsense"), default).AsTask());

        async Task IsAsync(OutboxQuery query, Func<int, bool> expected) => Assert.Equal(
            Enumerable.Range(0, 25).Where(expected).Select(n => $"m{n:00}").OrderDescending(),
            (await bench.Store.ListAsync(query, default)).Rows.Select(row => row.Message.Id));
    }

    [Fact]
    public async Task Closed_rows_leave_after_the_retention_and_what_nobody_takes_is_given_up()
    {
        await using var bench = await OutboxBench.CreateAsync();
        await bench.PutAsync(bench.Message("done"), bench.Message("waits", "nobody"), bench.Message("far", "nobody") with
        {
            DueAt = bench.Now + TimeSpan.FromDays(40),
        });
        await bench.Store.CompleteAsync(Assert.Single(await bench.ClaimAsync()), bench.Attempt(), [], default);
        bench.Time.Advance(TimeSpan.FromDays(29));
        Assert.Equal(0, await bench.Store.MaintainAsync("s1", default));
        Assert.Equal(
            new OutboxBacklog("nobody", 1, bench.Now - TimeSpan.FromDays(29)),
            Assert.Single(await bench.Store.MeasureAsync("s1", ["nobody"], default)));

        bench.Time.Advance(TimeSpan.FromDays(2));
        Assert.Equal(1, await bench.Store.MaintainAsync("s1", default));
        Assert.Equal(0L, await bench.Even.ScalarAsync("SELECT count(*) FROM outbox_attempt"));
        Assert.Null(await bench.Store.FindAsync(0, "done", default));
        Assert.Equal(OutboxStatus.Dead, (await bench.Store.FindAsync(0, "waits", default))!.Status);
        Assert.Equal(OutboxStatus.Pending, (await bench.Store.FindAsync(0, "far", default))!.Status);
    }

    [Fact]
    public async Task Upkeep_at_once_by_several_processes_gives_up_and_deletes_each_row_once_and_waits_for_nobody()
    {
        const int processes = 3;
        await using var bench = await OutboxBench.CreateAsync();
        OutboxStore[] stores = [.. Enumerable.Range(0, processes).Select(_ => bench.NewStore())];
        for (var round = 0; round < 8; round++)
        {
            await bench.PutAsync([.. Enumerable.Range(0, 600).Select(n => bench.Message($"{round}-{n}", "nobody"))]);
            var held = $"{round}-300";
            bench.Time.Advance(TimeSpan.FromDays(31));
            await using (var worker = await bench.Even.Plain.OpenConnectionAsync())
            await using (var transaction = await worker.BeginTransactionAsync())
            {
                await using var hold = new Npgsql.NpgsqlCommand($"SELECT FROM outbox WHERE id = '{held}' FOR UPDATE", worker);
                await hold.ExecuteNonQueryAsync();
                var first = await Together.RunAsync(processes, number => stores[number].MaintainAsync("s1", default).AsTask());
                Assert.Equal(round == 0 ? 0 : 600, first.Sum());
            }

            Assert.Equal(1L, await bench.Even.ScalarAsync("SELECT count(*) FROM outbox WHERE status = 0"));
            await Together.RunAsync(processes, number => stores[number].MaintainAsync("s1", default).AsTask());
            Assert.Equal(600L, await bench.Even.ScalarAsync("SELECT count(*) FROM outbox WHERE status = 2"));
        }
    }
}
