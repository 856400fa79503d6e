using System.Text;
using Metering.Core.Catalog;
using Metering.Core.Ids;
using Metering.Core.Money;
using Metering.Core.Time;
using Metering.Grid.Dedup;
using Metering.Grid.Directory;
using Metering.Grid.Ingest;
using Metering.TestSupport.Memory;

namespace Metering.Grid.Tests.Directory;

public sealed class CachedDirectoryTests : IAsyncLifetime
{
    private readonly MemoryDirectoryStore store = new();
    private readonly ManualTime time = new(DateTimeOffset.UnixEpoch);
    private readonly CancellationToken none = CancellationToken.None;
    private CachedDirectory directory = null!;

    public async Task InitializeAsync()
    {
        await store.PutPlanAsync(PlanNamed("free"), none);
        await store.AddCustomerAsync("c1", "free");
        await store.AddProjectAsync(new ProjectRecord("p1", "c1", "One", "free", 1, Instant.UnixEpoch, 0), none);
        directory = await CachedDirectory.OpenAsync(store, new CachedDirectoryOptions { ProjectsMax = 4 }, time, none);
    }

    public async Task DisposeAsync() => await directory.DisposeAsync();

    private static Plan PlanNamed(string id) => new()
    {
        Id = PlanId.Parse(id), Version = 0, Name = id, Currency = Currency.Parse("USD"), WalletMode = WalletMode.Postpaid,
    };

    [Fact]
    public async Task Second_look_at_a_project_is_without_a_query()
    {
        ProjectEntry? first = await directory.FindProjectAsync("p1", none);
        Assert.Equal("c1", first!.Customer.Id);
        Assert.False(first.IsDefault);
        Assert.Same(first, await directory.FindProjectAsync("p1", none));
        Assert.Equal(1, store.ProjectQueries);
    }

    [Fact]
    public async Task Projects_of_one_customer_share_its_entry()
    {
        ProjectEntry? project = await directory.FindProjectAsync("p1", none);
        CustomerEntry? customer = await directory.FindCustomerAsync("c1", none);
        Assert.Same(customer, project!.Customer);
        Assert.Equal(Placement.PartitionOf("c1"u8, 4), customer!.Partition);
    }

    [Fact]
    public async Task Project_comes_with_its_plan_however_new_that_is()
    {
        Plan plan = await store.PutPlanAsync(PlanNamed("new"), none);
        await store.AddCustomerAsync("c2", "new");
        Assert.NotNull(await directory.FindProjectAsync("c2", none));
        Assert.True(directory.Catalog.TryFindPlan("new", plan.Version, out _));
    }

    [Fact]
    public async Task Project_is_no_customer()
    {
        Assert.Null(await directory.FindCustomerAsync("p1", none));
        Assert.Null(await directory.FindCustomerAsync("nobody", none));
    }

    [Fact]
    public async Task Id_that_nobody_has_is_asked_for_each_time()
    {
        Assert.Null(await directory.FindProjectAsync("late", none));
        await store.AddCustomerAsync("late", "free");
        Assert.NotNull(await directory.FindProjectAsync("late", none));
        Assert.Equal(2, store.ProjectQueries);
    }

    [Fact]
    public async Task Misses_at_the_same_time_share_one_query()
    {
        store.Gate = new TaskCompletionSource();
        Task<ProjectEntry?>[] asked = [.. Enumerable.Range(0, 20).Select(_ => directory.FindProjectAsync("c1", none).AsTask())];
        store.Gate.SetResult();
        ProjectEntry?[] found = await Task.WhenAll(asked);
        Assert.Single(found.Distinct());
        Assert.Equal(1, store.ProjectQueries);
    }

    [Fact]
    public async Task Batch_is_resolved_in_one_query_with_the_identity_of_every_event()
    {
        using EventBatch batch = Batch("c1", "p1", "nobody", "c1");
        await directory.ResolveAsync(batch, none);
        Assert.Equal(1, store.ProjectQueries);
        Assert.Equal(["c1", "p1", null, "c1"], Enumerable.Range(0, 4).Select(i => batch[i].Project?.Id));
        var identity = new EventIdentity(store.Cluster.IdentityKey);
        Assert.Equal(identity.Of("c1"u8, "/s"u8, "e1"u8), batch[1].Identity);
        using EventBatch again = Batch("p1", "c1");
        Assert.True(directory.ResolveAsync(again, none).IsCompletedSuccessfully);
        Assert.NotNull(again[0].Project);
    }

    [Fact]
    public async Task Looking_up_what_is_cached_allocates_nothing()
    {
        using EventBatch batch = Batch("c1", "p1", "c1", "p1");
        await directory.ResolveAsync(batch, none);
        long before = GC.GetAllocatedBytesForCurrentThread();
        bool atOnce = true;
        for (int i = 0; i < 1_000; i++)
            atOnce &= directory.ResolveAsync(batch, none).IsCompletedSuccessfully;
        Assert.True(atOnce);
        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
    }

    [Fact]
    public async Task Cache_stays_within_its_bound_and_keeps_what_is_read()
    {
        ProjectEntry? kept = await directory.FindProjectAsync("c1", none);
        for (int i = 0; i < 50; i++)
        {
            await store.AddCustomerAsync($"other{i}", "free");
            Assert.NotNull(await directory.FindProjectAsync($"other{i}", none));
            Assert.Same(kept, await directory.FindProjectAsync("c1", none));
        }

        Assert.Equal(4, directory.ProjectsInMemory);
    }

    [Fact]
    public async Task Change_made_elsewhere_is_here_after_the_poll()
    {
        CustomerEntry? customer = await directory.FindCustomerAsync("c1", none);
        await store.FollowPartitionAsync([new PartitionFact("c1", "c1", "pro", 3, CustomerStatus.Suspended, 0, 1)], none);
        time.Advance(TimeSpan.FromSeconds(1));
        await Until(() => customer!.Record.Plan == "pro");
        Assert.Equal(CustomerStatus.Suspended, customer!.Record.Status);
        Assert.Same(customer, await directory.FindCustomerAsync("c1", none));
    }

    [Fact]
    public async Task Read_that_a_change_overtakes_is_done_again()
    {
        store.Gate = new TaskCompletionSource();
        Task<ProjectEntry?> asked = directory.FindProjectAsync("p1", none).AsTask();
        await Until(() => store.ProjectQueries == 1);
        await store.UpdateCustomerAsync("c1", "New", null, null, none);
        await directory.RefreshAsync(none);
        store.Gate.SetResult();
        ProjectEntry? project = await asked;
        Assert.Equal("New", project!.Customer.Record.Name);
        Assert.Equal(2, store.ProjectQueries);
    }

    [Fact]
    public async Task Refreshes_asked_for_while_one_runs_share_the_next_which_sees_what_was_changed_before_it()
    {
        store.VersionGate = new TaskCompletionSource();
        int before = store.VersionQueries;
        Task first = directory.RefreshAsync(none).AsTask();
        await Until(() => store.VersionQueries == before + 1);
        await store.PutMeterAsync(Meter("calls"), none);
        Task[] others = [.. Enumerable.Range(0, 50).Select(_ => directory.RefreshAsync(none).AsTask())];
        using var impatient = new CancellationTokenSource();
        Task left = directory.RefreshAsync(impatient.Token).AsTask();
        await impatient.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => left);

        store.VersionGate.SetResult();
        await Task.WhenAll([first, .. others]);

        Assert.Equal(before + 2, store.VersionQueries);
        Assert.NotNull(directory.Catalog.FindShape("call"u8));
    }

    [Fact]
    public async Task Revoked_key_stops_with_the_next_poll()
    {
        byte[] hash = await AddKeyAsync("k1");
        Assert.Equal("k1", (await directory.FindKeyAsync(hash, none))!.Id);
        Assert.True(directory.TryFindCachedKey(hash, out _));
        await store.RevokeKeyAsync("k1", Instant.UnixEpoch, none);
        time.Advance(TimeSpan.FromSeconds(1));
        await Until(() => !directory.TryFindCachedKey(hash, out _));
        Assert.Null(await directory.FindKeyAsync(hash, none));
    }

    [Fact]
    public async Task Revoked_key_stops_also_while_the_catalogue_cannot_be_read()
    {
        byte[] hash = await AddKeyAsync("k1");
        await directory.FindKeyAsync(hash, none);
        await directory.FindCustomerAsync("c1", none);
        await store.PutMeterAsync(Meter("calls"), none);
        store.BrokenCatalog = true;
        await store.RevokeKeyAsync("k1", Instant.UnixEpoch, none);
        await store.UpdateCustomerAsync("c1", "New", null, null, none);
        await Assert.ThrowsAsync<DirectoryUnavailableException>(() => directory.RefreshAsync(none).AsTask());
        Assert.False(directory.TryFindCachedKey(hash, out _));
        Assert.Equal("New", (await directory.FindCustomerAsync("c1", none))!.Record.Name);
        store.BrokenCatalog = false;
        await directory.RefreshAsync(none);
        Assert.NotNull(directory.Catalog.FindShape("call"u8));
    }

    [Fact]
    public async Task Key_revoked_while_it_is_read_is_not_found()
    {
        byte[] hash = await AddKeyAsync("k1");
        store.Gate = new TaskCompletionSource();
        Task<KeyRecord?> asked = directory.FindKeyAsync(hash, none).AsTask();
        await Until(() => store.KeyQueries == 1);
        await store.RevokeKeyAsync("k1", Instant.UnixEpoch, none);
        await directory.RefreshAsync(none);
        store.Gate.SetResult();
        Assert.Null(await asked);
    }

    [Fact]
    public async Task While_the_control_database_is_away_what_is_cached_goes_on()
    {
        byte[] hash = await AddKeyAsync("k1");
        await directory.FindKeyAsync(hash, none);
        await directory.FindProjectAsync("c1", none);
        store.Away = true;
        time.Advance(TimeSpan.FromSeconds(1));
        await Until(() => directory.LastPollFailed);
        Assert.NotNull(await directory.FindProjectAsync("c1", none));
        Assert.NotNull(await directory.FindKeyAsync(hash, none));
        await Assert.ThrowsAsync<DirectoryUnavailableException>(() => directory.FindProjectAsync("p1", none).AsTask());
        store.Away = false;
        Assert.NotNull(await directory.FindProjectAsync("p1", none));
        time.Advance(TimeSpan.FromSeconds(1));
        await Until(() => !directory.LastPollFailed);
    }

    [Fact]
    public async Task Query_that_hangs_ends_after_its_timeout()
    {
        store.Gate = new TaskCompletionSource();
        Task<ProjectEntry?> asked = directory.FindProjectAsync("c1", none).AsTask();
        await Until(() => store.ProjectQueries == 1);
        time.Advance(TimeSpan.FromSeconds(2));
        await Assert.ThrowsAsync<DirectoryUnavailableException>(() => asked);
    }

    [Fact]
    public async Task Waiting_ends_with_the_waiter_and_not_the_query()
    {
        store.Gate = new TaskCompletionSource();
        using var leaving = new CancellationTokenSource();
        Task<ProjectEntry?> left = directory.FindProjectAsync("c1", leaving.Token).AsTask();
        Task<ProjectEntry?> stays = directory.FindProjectAsync("c1", none).AsTask();
        await leaving.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => left);
        store.Gate.SetResult();
        Assert.NotNull(await stays);
    }

    [Fact]
    public async Task Meters_are_marked_once_and_a_changed_catalogue_is_there_after_a_refresh()
    {
        await store.PutMeterAsync(Meter("calls"), none);
        Assert.Null(directory.Catalog.FindShape("call"u8));
        await directory.RefreshAsync(none);
        EventShape shape = directory.Catalog.FindShape("call"u8)!;
        await directory.MarkUsedAsync(shape, none);
        Assert.Equal(["calls"], store.UsedMeters);
        store.Away = true;
        await directory.MarkUsedAsync(shape, none);
        await directory.MarkUsedAsync(new EventShape("call", [Meter("calls")]), none);
        var unmarked = new EventShape("other", [Meter("others")]);
        await Assert.ThrowsAsync<DirectoryUnavailableException>(() => directory.MarkUsedAsync(unmarked, none).AsTask());
    }

    private static Meter Meter(string id) => new() { Id = MeterId.Parse(id), EventType = "call", Aggregation = Aggregation.Count };

    private static EventBatch Batch(params string[] subjects)
    {
        EventBatch batch = EventBatch.Rent(256, subjects.Length);
        for (int i = 0; i < subjects.Length; i++)
        {
            TextSlice id = batch.Append(Encoding.UTF8.GetBytes($"e{i}"));
            TextSlice source = batch.Append("/s"u8);
            TextSlice subject = batch.Append(Encoding.UTF8.GetBytes(subjects[i]));
            int at = batch.AddEvent();
            batch[at] = new ParsedEvent { Id = id, Source = source, Subject = subject };
        }

        return batch;
    }

    private static async Task Until(Func<bool> holds)
    {
        for (int i = 0; !holds(); i++)
        {
            Assert.True(i < 10_000, "It did not come to hold.");
            await Task.Delay(1);
        }
    }

    private async Task<byte[]> AddKeyAsync(string id)
    {
        var hash = new byte[32];
        hash[0] = 7;
        await store.AddKeyAsync(new KeyRecord(id, hash, "mk", "c1", id, KeyScopes.Ingest, Instant.UnixEpoch, null, 0), none);
        return hash;
    }
}
