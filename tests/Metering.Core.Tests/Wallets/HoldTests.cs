using Metering.Core.Money;
using Metering.Core.Wallets;

namespace Metering.Core.Tests.Wallets;

public sealed class HoldTests
{
    [Fact]
    public void Credits_are_consumed_by_priority_then_soonest_expiry_then_oldest()
    {
        var bench = new WalletBench();
        bench.Grant("1", priority: 50);
        bench.Grant("1", priority: 50, expiresInMinutes: 60);
        bench.Grant("1", priority: 10);
        bench.Grant("1", priority: 50, expiresInMinutes: 30);
        bench.Grant("1", priority: 50, expiresInMinutes: 60);

        Assert.Equal(["gr_3", "gr_4", "gr_2", "gr_5", "gr_1"], bench.View().Grants.Select(grant => grant.Id));
        bench.Do(new AdjustCredits(-WalletBench.A("2.5"), ""));
        Assert.Equal(["gr_2:0.5", "gr_5:1", "gr_1:1"], bench.View().Grants.Select(grant => $"{grant.Id}:{grant.Remaining}"));
    }

    [Fact]
    public void Hold_past_its_timeout_returns_the_amount()
    {
        var bench = new WalletBench();
        bench.Grant("10");
        bench.Hold("h1", "4", minutes: 5);
        bench.Do(new CaptureHold("h1", Amount.One, false));
        bench.Now += TimeSpan.FromMinutes(5);

        Assert.Equal(WalletCode.HoldClosed, bench.Do(new CaptureHold("h1", Amount.One, false)).Code);
        Assert.Equal(
            ("9", "0", HoldState.Expired),
            (bench.View().Available.ToString(), bench.View().Held.ToString(), bench.Wallet.FindHold("h1")!.State));
    }

    [Fact]
    public void Held_credits_outlive_their_grant_and_what_is_given_back_expires()
    {
        var bench = new WalletBench();
        bench.Grant("10", expiresInMinutes: 10);
        bench.Hold("h1", "4");
        bench.Now += TimeSpan.FromMinutes(10);

        WalletResult captured = bench.Do(new CaptureHold("h1", Amount.One, false));
        Assert.Equal((WalletCode.Done, "0", "3"), (captured.Code, captured.Available.ToString(), captured.Held.ToString()));
        Assert.Equal("6", bench.View().Expired.ToString());
        int before = bench.Events.Count;
        bench.Do(new ReleaseHold("h1"));

        Assert.Equal([LedgerEntryType.Release, LedgerEntryType.Expire], bench.Events.Skip(before).Select(change => change.Ledger!.Value));
        Assert.Equal(("0", "9", "1"), (bench.View().Available.ToString(), bench.View().Expired.ToString(), bench.View().Burned.ToString()));
        Assert.Empty(bench.View().Grants);
    }

    [Fact]
    public void Id_of_a_closed_hold_is_free_again_once_it_is_forgotten_and_a_replay_of_all_agrees()
    {
        var bench = new WalletBench();
        bench.Grant("10");
        bench.Hold("h1", "4");
        bench.Do(new ReleaseHold("h1"));
        Assert.Equal(WalletCode.HoldExists, bench.Hold("h1", "3").Code);

        bench.Now += TimeSpan.FromHours(25);
        bench.Wallet.Forget(bench.Now - TimeSpan.FromHours(24), 100, bench.Now - TimeSpan.FromHours(24));

        Assert.Equal(WalletCode.Done, bench.Hold("h1", "3").Code);
        Assert.Equal("3", bench.Replay().Held.ToString());
    }

    [Fact]
    public void Of_the_closed_holds_only_so_many_are_remembered_and_every_pending_one()
    {
        var bench = new WalletBench();
        bench.Grant("10");
        foreach (string id in new[] { "a", "b", "c", "d" })
        {
            bench.Hold(id, "1");
            bench.Now += TimeSpan.FromSeconds(1);
            if (id != "a")
                bench.Do(new ReleaseHold(id));
        }

        bench.Wallet.Forget(bench.Now - TimeSpan.FromHours(24), 1, bench.Now - TimeSpan.FromHours(24));

        Assert.Equal(["a", "d"], new[] { "a", "b", "c", "d" }.Where(id => bench.Wallet.FindHold(id) is not null));
    }

    [Fact]
    public void Hold_without_an_id_gets_one_that_is_free()
    {
        var bench = new WalletBench();
        bench.Grant("10");
        bench.Hold("hold_1", "1");
        Assert.Equal("hold_2", bench.Do(new CreateHold(null, Amount.One, TimeSpan.FromHours(1))).Hold!.Id);
        Assert.Equal("hold_3", bench.Do(new CreateHold(null, Amount.One, TimeSpan.FromHours(1))).Hold!.Id);
    }

    [Fact]
    public void Top_ups_are_asked_for_one_at_a_time_and_so_often_a_day()
    {
        var bench = new WalletBench();
        bench.Grant("10");
        bench.Do(new SetAutoTopUp(WalletBench.A("5"), WalletBench.A("1"), 2, Trust: false));
        bench.Hold("h1", "5", minutes: 5_000);
        Assert.Empty(bench.View().TopUps);
        bench.Hold("h2", "1", minutes: 5_000);
        bench.Hold("h3", "1", minutes: 5_000);
        Assert.Equal("top_1", Assert.Single(bench.View().TopUps).Id);

        bench.Do(new FailTopUp("top_1"));
        bench.Hold("h4", "1", minutes: 5_000);
        bench.Do(new ConfirmTopUp("top_2"));
        bench.Hold("h5", "1", minutes: 5_000);
        Assert.Empty(bench.View().TopUps);

        bench.Now += TimeSpan.FromDays(1);
        bench.Hold("h6", "1", minutes: 5_000);
        Assert.Equal("top_3", Assert.Single(bench.View().TopUps).Id);
        bench.Do(new RemoveAutoTopUp());
        Assert.Equal(WalletCode.Done, bench.Do(new ConfirmTopUp("top_3")).Code);
    }

    [Fact]
    public void Trusted_top_up_lets_a_hold_through_that_was_too_large()
    {
        var bench = new WalletBench();
        bench.Do(new SetAutoTopUp(Amount.Zero, WalletBench.A("10"), 1, Trust: true));
        Assert.Equal(WalletCode.Done, bench.Hold("h1", "8").Code);
        Assert.Equal(WalletCode.InsufficientCredits, bench.Hold("h2", "8").Code);
    }
}
