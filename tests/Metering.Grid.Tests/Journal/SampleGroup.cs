using Metering.Core.Catalog;
using Metering.Core.Money;
using Metering.Core.Time;
using Metering.Core.Usage;
using Metering.Core.Wallets;
using Metering.Grid.Directory;
using Metering.Grid.Journal;
using Metering.Grid.Projects;
using Metering.Grid.Tests.Partitions;

namespace Metering.Grid.Tests.Journal;

/// <summary>
/// Groups with every entry kind, always the same. What was frozen of them must never change: add to the end of a new sample instead.
/// </summary>
internal static class SampleGroup
{
    public static readonly Instant Now = PartitionHarness.At("2025-01-17T14:30:00.000001Z");

    private static readonly Period January = new(PartitionHarness.At("2025-01-01T00:00:00Z"), PartitionHarness.At("2025-02-01T00:00:00Z"));

    /// <summary>One entry kind a line of the table of snapshots: its name, and what writes it.</summary>
    public static IEnumerable<(string Name, Action<GroupWriter> Write)> Entries()
    {
        yield return ("customer opened", writer => writer.CustomerOpened(CustomerStatus.Suspended, "Asia/Kolkata"));
        yield return ("project opened", writer => writer.ProjectOpened("p1", "pro", 3));
        yield return ("period opened", writer => writer.PeriodOpened("p1", January, Now));
        yield return ("period closed", writer => writer.PeriodClosed("p1", January.Start));
        yield return ("limit opened", writer => writer.LimitOpened("p1", "calls", Aggregation.Count, PeriodKind.Month, January));
        yield return ("alert raised", writer => writer.AlertRaised(
            "p1", "calls", PeriodKind.Month, January.Start, 80, Amount.FromWhole(850), Amount.FromWhole(1000)));
        yield return ("status changed", writer => writer.StatusChanged(CustomerStatus.PastDue));
        yield return ("plan changed", writer => writer.PlanChanged("p1", "pro", 4, PlanChangeTime.NextPeriod));
        yield return ("event", Event);
        yield return ("event of the default project with its burn", DefaultEvent);
        yield return ("burn", writer => writer.Burned(
            Amount.FromWhole(15), Amount.Zero, [new GrantDraw(1, Amount.FromWhole(15))], 1,
            new LedgerStamp(2, Amount.FromWhole(100), Amount.FromWhole(85))));
        foreach ((string name, WalletEvent change) in WalletEvents())
            yield return (name, writer => writer.Append(change, StampOf(change)));
    }

    public static byte[] Of(Action<GroupWriter> write)
    {
        var writer = new GroupWriter();
        writer.Begin(1);
        writer.Customer("c1", "c1"u8, Now, 30);
        write(writer);
        return writer.Close().ToArray();
    }

    /// <summary>All entries in one group.</summary>
    public static byte[] Whole() => Of(writer =>
    {
        foreach ((_, Action<GroupWriter> write) in Entries())
            write(writer);
    });

    private static LedgerStamp StampOf(WalletEvent change) => change.Ledger is null
        ? default
        : new LedgerStamp(7, Amount.FromWhole(1000), Amount.FromWhole(1000) + change.BalanceChange);

    private static IEnumerable<(string Name, WalletEvent Change)> WalletEvents()
    {
        Amount small = PartitionHarness.Credits("0.000000001");
        Amount large = PartitionHarness.Credits("123456789012345678.987654321");
        GrantDraw[] draws = [new(1, Amount.FromWhole(2)), new(9, small)];
        var hold = new HoldView("h1", large, small, Amount.One, HoldState.Pending, Now, January.End, null);
        var grant = new GrantView("gr_1", GrantKind.Promotional, -3, large, small, Amount.Zero, January.End, Now, "because");
        var topUp = new TopUpView("top_1", Amount.One, TopUpState.Confirmed, Now);
        var setting = new AutoTopUpView(Amount.One, large, 3, true);
        yield return (
            "burn over several grants",
            new CreditsBurned(Amount.FromWhole(5), Amount.FromWhole(2), [new(1, Amount.One), new(2, Amount.FromWhole(2))], 300));
        yield return ("grant", new GrantAdded(1, Amount.One, GrantKind.Promotional, 7, January.End, "wel\u00e7ome", GrantOrigin.TopUp));
        yield return ("grant expired", new GrantExpired(4, PartitionHarness.Credits("12.5")));
        yield return ("hold", new HoldCreated("h1", 3, PartitionHarness.Credits("2.000000001"), January.End, draws));
        yield return ("hold raised", new HoldRaised("h1", PartitionHarness.Credits("2.000000001"), draws));
        yield return ("hold captured", new HoldCaptured("h1", PartitionHarness.Credits("0.75")));
        yield return ("hold closed", new HoldClosed("h1", HoldState.Released, Amount.One));
        yield return ("credits removed", new CreditsRemoved(PartitionHarness.Credits("2.000000001"), draws, "by hand"));
        yield return ("top-up set", new AutoTopUpChanged(setting));
        yield return ("top-up ended", new AutoTopUpChanged(null));
        yield return ("top-up asked for", new TopUpRequested(1, Amount.FromWhole(50), January.Start));
        yield return ("top-up confirmed", new TopUpClosed(1, TopUpState.Confirmed));
        yield return ("answer", new AnswerRemembered(
            (UInt128)1 << 100, 0xABCDEF, new WalletResult(
                WalletCode.ExceedsHold, Amount.One, small, hold, grant, topUp, setting, EventCode.LimitExceeded, large, Now)));
    }

    private static void Event(GroupWriter writer)
    {
        var partition = new PartitionHarness(TestPlans.Catalog);
        partition.AddCustomer("c1", "llm-prepaid");
        Ev[] events =
        [
            Ev.Tokens("c1", "0b2f6c1e-6f3a-4a7e-9a53-1d2f3c4b5a69", 1000, 500),
            Ev.Tokens("c1", "plain", 7, 0) with { Time = Now - TimeSpan.FromDays(3), Source = "elsewhere" },
            Ev.Quantity("usage.storage_gb", "c1", "text", 0) with { Data = new Dictionary<string, object> { ["quantity"] = "1.50" } },
            new Ev("api.call", "c1", "call") { Data = new Dictionary<string, object> { ["billable"] = false, ["status_code"] = 404m } },
        ];
        using var batch = partition.Batch(events);
        for (int i = 0; i < events.Length; i++)
        {
            writer.Event(
                batch, batch[i], "p1"u8, events[i].Time ?? Now, counted: 3, folded: i == 1 ? 2UL : 0,
                i == 0 ? Amount.FromWhole(15) : Amount.Zero);
        }
    }

    private static void DefaultEvent(GroupWriter writer)
    {
        var partition = new PartitionHarness(TestPlans.Catalog);
        partition.AddCustomer("c1", "llm-prepaid");
        Amount credits = PartitionHarness.Credits("0.025");
        using var batch = partition.Batch(Ev.Tokens("c1", "0b2f6c1e-6f3a-4a7e-9a53-1d2f3c4b5a70", 10, 5));
        writer.Event(batch, batch[0], "c1"u8, Now, counted: 3, folded: 0, credits, overage: PartitionHarness.Credits("0.005"));
        writer.Burned(
            credits, PartitionHarness.Credits("0.005"), [new GrantDraw(3, PartitionHarness.Credits("0.02"))], 1,
            new LedgerStamp(8, Amount.FromWhole(100), PartitionHarness.Credits("99.98")));
    }
}
