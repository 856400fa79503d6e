using Metering.Core.Money;
using Metering.Core.Usage;
using Metering.Core.Wallets;
using Metering.Grid.Directory;
using Metering.Grid.Ingest;
using Metering.Grid.Projects;
using Metering.Grid.Wallets;
using Xunit;

namespace Metering.TestSupport.Engine;

/// <summary>What every engine must do, whichever hosts the partitions: run against each by a class that derives from this.</summary>
/// <param name="opener">The engine. Each test has customers of its own.</param>
public abstract partial class EngineKit(KitOpener opener)
{
    private static readonly Amount Ten = Amount.FromWhole(10);

    [Fact]
    public async Task Batch_over_many_partitions_is_answered_in_order()
    {
        KitCluster cluster = opener.Cluster;
        string[] customers = [.. Enumerable.Range(0, 30).Select(number => $"overage-{number * 7 % 30}")];
        var events = customers.Concat(customers).Select((customer, index) => (customer, $"e{index}", index + 1L)).ToArray();
        IngestAnswer answer = await cluster.SendAsync([.. events, ("nobody", "x", 1), events[3]]);
        Assert.Equal(IngestStatus.Decided, answer.Status);
        for (int index = 0; index < events.Length; index++)
            Assert.Equal((EventCode.Accepted, Amount.FromWhole(index + 1)), (answer.Results[index].Code, answer.Results[index].Credits));
        Assert.Equal(EventCode.CustomerNotFound, answer.Results[events.Length].Code);
        Assert.Equal((EventCode.Duplicate, Amount.FromWhole(4)), (answer.Results[^1].Code, answer.Results[^1].Credits));
        Assert.Equal(answer.Results[3].At, answer.Results[^1].At);
        Assert.Equal(customers, answer.Balances.Select(balance => balance.CustomerId));
    }

    [Fact]
    public async Task Event_counts_once_and_another_body_is_told()
    {
        KitCluster cluster = opener.Cluster;
        EventResult first = await cluster.SendAsync("overage-31", "a", 5);
        Assert.Equal(EventCode.Accepted, first.Code);
        Assert.Equal(first with { Code = EventCode.Duplicate }, await cluster.SendAsync("overage-31", "a", 5));
        EventResult other = await cluster.SendAsync("overage-31", "a", 6);
        Assert.Equal((EventCode.Duplicate, true, Amount.FromWhole(5)), (other.Code, other.Differs, other.Credits));
        WalletView wallet = await cluster.Engine.Wallet(cluster.Directory.Customer("overage-31")).ReadAsync(default);
        Assert.Equal((Amount.FromWhole(5), Amount.FromWhole(5)), (wallet.Burned, wallet.Overage));
    }

    [Fact]
    public async Task Wallet_that_cannot_pay_refuses_and_tells_its_balance_although_nobody_asked()
    {
        KitCluster cluster = opener.Cluster;
        CustomerEntry customer = cluster.Directory.Customer("prepaid-1");
        await cluster.GrantAsync(customer, 10);
        using EventBatch batch = cluster.Batch(
            ("overage-2", "a", 1), ("prepaid-1", "a", 6), ("prepaid-1", "b", 5), ("prepaid-1", "c", 4));
        batch.WantsBalances = false;
        IngestAnswer answer = await cluster.Engine.IngestAsync(batch, default);
        Assert.Equal(
            [EventCode.Accepted, EventCode.Accepted, EventCode.InsufficientCredits, EventCode.Accepted],
            answer.Results.Select(result => result.Code));
        Assert.Equal(["overage-2", "prepaid-1"], answer.Balances.Select(balance => balance.CustomerId));
        Assert.Equal(Amount.Zero, answer.Balances[1].Available);
    }

    [Fact]
    public async Task Hold_is_made_raised_captured_and_released()
    {
        KitCluster cluster = opener.Cluster;
        CustomerEntry customer = cluster.Directory.Customer("prepaid-2");
        await cluster.GrantAsync(customer, 100);
        IWallet wallet = cluster.Engine.Wallet(customer);
        WalletResult made = await wallet.ExecuteAsync(new CreateHold("h1", Ten, TimeSpan.FromMinutes(5)), default);
        Assert.Equal((WalletCode.Done, Amount.FromWhole(90), Ten), (made.Code, made.Available, made.Held));
        Assert.Equal(WalletCode.HoldExists, (await wallet.ExecuteAsync(new CreateHold("h1", Ten, TimeSpan.FromMinutes(5)), default)).Code);
        Assert.Equal(Amount.FromWhole(20), (await wallet.ExecuteAsync(new RaiseHold("h1", Ten), default)).Held);
        Assert.Equal(Amount.FromWhole(15), (await wallet.ExecuteAsync(new CaptureHold("h1", Amount.FromWhole(5), false), default)).Held);
        HoldView hold = (await wallet.ReadHoldAsync("h1", default))!;
        Assert.Equal((Amount.FromWhole(5), HoldState.Pending), (hold.Captured, hold.State));
        WalletResult released = await wallet.ExecuteAsync(new ReleaseHold("h1"), default);
        Assert.Equal((HoldState.Released, Amount.FromWhole(95)), (released.Hold!.State, released.Available));
        Assert.Null(await wallet.ReadHoldAsync("h2", default));
        WalletView view = await wallet.ReadAsync(default);
        Assert.Equal("prepaid-2", view.CustomerId);
        Assert.Equal(Amount.FromWhole(95), Assert.Single(view.Grants).Remaining);
    }

    [Fact]
    public async Task Capture_carries_the_event_it_pays_for()
    {
        KitCluster cluster = opener.Cluster;
        CustomerEntry customer = cluster.Directory.Customer("prepaid-3");
        await cluster.GrantAsync(customer, 100);
        IWallet wallet = cluster.Engine.Wallet(customer);
        await wallet.ExecuteAsync(new CreateHold("h1", Ten, TimeSpan.FromMinutes(5)), default);
        using EventBatch single = cluster.Batch(("prepaid-3", "paid", 12));
        WalletResult captured = await wallet.ExecuteAsync(new CaptureHoldForEvent("h1", single, Close: true), default);
        Assert.Equal(
            (WalletCode.Done, EventCode.Accepted, Amount.FromWhole(12), Amount.FromWhole(88)),
            (captured.Code, captured.EventCode, captured.Credits, captured.Available));
        EventResult sent = await cluster.SendAsync("prepaid-3", "paid", 12);
        Assert.Equal((EventCode.Duplicate, captured.TakenAt), (sent.Code, sent.At));
        WalletResult again = await wallet.ExecuteAsync(new CaptureHoldForEvent("h1", single, Close: true), default);
        Assert.Equal((EventCode.Duplicate, captured.TakenAt), (again.EventCode, again.TakenAt));
    }

    [Fact]
    public async Task Money_command_with_a_key_gives_its_first_answer_again()
    {
        KitCluster cluster = opener.Cluster;
        IWallet wallet = cluster.Engine.Wallet(cluster.Directory.Customer("prepaid-4"));
        var grant = new GrantCredits(Ten, GrantKind.Promotional, 1, null, "welcome") { Idempotency = new IdempotencyKey(UInt128.One, 7) };
        WalletResult first = await wallet.ExecuteAsync(grant, default);
        Assert.Equal(first, await wallet.ExecuteAsync(grant, default));
        GrantCredits other = grant with { Reason = "more", Idempotency = new IdempotencyKey(UInt128.One, 8) };
        Assert.Equal(WalletCode.IdempotencyKeyReused, (await wallet.ExecuteAsync(other, default)).Code);
        await wallet.ExecuteAsync(new SetAutoTopUp(Amount.One, Ten, 3, Trust: true), default);
        Assert.Equal(new AutoTopUpView(Amount.One, Ten, 3, true), (await wallet.ReadAsync(default)).AutoTopUp);
    }

    [Fact]
    public async Task Customer_that_is_suspended_is_refused_until_it_is_not()
    {
        KitCluster cluster = opener.Cluster;
        IWallet wallet = cluster.Engine.Wallet(cluster.Directory.Customer("overage-33"));
        Assert.True(await wallet.SetStatusAsync(CustomerStatus.Suspended, default) >= 0);
        Assert.Equal(CustomerStatus.Suspended, await wallet.ReadStatusAsync(default));
        Assert.Equal(EventCode.CustomerSuspended, (await cluster.SendAsync("overage-33", "a", 1)).Code);
        await wallet.SetStatusAsync(CustomerStatus.Active, default);
        Assert.Equal(EventCode.Accepted, (await cluster.SendAsync("overage-33", "a", 1)).Code);
    }

    [Fact]
    public async Task Project_is_opened_read_checked_and_moved()
    {
        KitCluster cluster = opener.Cluster;
        IProject project = cluster.Engine.Project(cluster.Directory.Project("overage-34"));
        await project.OpenAsync(default);
        await cluster.SendAsync(("overage-34", "a", 400), ("overage-34", "b", 500));
        ProjectView view = await project.ReadAsync(default);
        Assert.Equal(("overage-34", "overage", Amount.FromWhole(900)), (view.ProjectId, view.Plan, view.CreditsBurned));
        Assert.Equal(2, view.Usage.Count);
        Assert.Equal("model", view.Usage[0].Dimensions[0].Key);
        Assert.Equal(Amount.FromWhole(900), Assert.Single(view.Totals).Quantity);
        Assert.Equal((Amount.FromWhole(900), Amount.FromWhole(1_000)), (view.Limits[0].Used, view.Limits[0].Max));
        using EventBatch single = cluster.Batch(("overage-34", "c", 60));
        CheckAnswer check = await project.CheckAsync(single, default);
        Assert.Equal((EventCode.Accepted, Amount.FromWhole(60)), (check.Code, check.Credits));
        Assert.NotEmpty((await project.CheckAsync(null, default)).Alerts);
        Assert.Equal("prepaid", (await project.ChangePlanAsync("prepaid", 1, PlanChangeTime.NextPeriod, default)).NextPlan);
    }

    [Fact]
    public async Task Rate_limit_counts_requests()
    {
        KitCluster cluster = opener.Cluster;
        CustomerEntry customer = cluster.Directory.Customer("overage-5");
        var check = new RateCheck("key", 3, 3600);
        foreach (var expected in new[] { (true, 2L), (true, 1L), (true, 0L), (false, 0L) })
            Assert.Equal(expected, Standing(await cluster.Engine.CountRequestAsync(customer, check, default)));

        static (bool Allowed, long Remaining) Standing(RateStatus status) => (status.Allowed, status.Remaining);
    }

    [Fact]
    public async Task Sixty_four_callers_get_exactly_as_many_grants_as_the_balance_pays_for()
    {
        KitCluster cluster = opener.Cluster;
        const int paid = 23;
        await cluster.GrantAsync(cluster.Directory.Customer("prepaid-5"), paid);
        EventResult[] results = await Task.WhenAll(
            Enumerable.Range(0, 64).Select(caller => cluster.SendAsync("prepaid-5", $"caller {caller}", 1)));
        Assert.Equal(paid, results.Count(result => result.Code == EventCode.Accepted));
        Assert.Equal(64 - paid, results.Count(result => result.Code == EventCode.InsufficientCredits));
    }

    [Fact]
    public async Task What_was_acknowledged_is_there_after_a_restart()
    {
        await using KitCluster cluster = await opener.OpenAsync();
        var events = Enumerable.Range(0, 100).Select(number => ($"overage-{number % 30}", $"e{number}", 1L)).ToArray();
        Assert.All((await cluster.SendAsync(events)).Results, result => Assert.Equal(EventCode.Accepted, result.Code));
        await cluster.RestartAsync(TimeSpan.Zero);
        Assert.InRange(await cluster.Engine.WarmAsync(null, default), 0, 30);
        CustomerEntry[] customers = [.. Enumerable.Range(0, 30).Select(number => cluster.Directory.Customer($"overage-{number}"))];
        Assert.Equal(0, await cluster.Engine.WarmAsync(customers, default));
        Assert.All((await cluster.SendAsync(events)).Results, result => Assert.Equal(EventCode.Duplicate, result.Code));
    }
}
