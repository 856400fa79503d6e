using Metering.Core.Money;
using Metering.Core.Wallets;

namespace Metering.Core.Tests.Wallets;

/// <summary>Every answer of every command, in the order in which it is decided: each row would also get the answers below it.</summary>
public sealed class DecisionTableTests
{
    private static readonly Amount Most = Amount.MaxValue;

    [Fact]
    public void Grant()
    {
        var bench = new WalletBench { ItemsMax = 1 };
        Assert.Equal(WalletCode.Done, bench.Grant("10").Code);
        var expired = new GrantCredits(Most, GrantKind.Paid, 0, bench.Now, "");
        Assert.Equal(WalletCode.OutOfRange, bench.Do(expired).Code);
        Assert.Equal(WalletCode.AlreadyExpired, bench.Do(new GrantCredits(Amount.One, GrantKind.Paid, 0, bench.Now, "")).Code);
        Assert.Equal(WalletCode.TooMany, bench.Grant("1").Code);
    }

    [Fact]
    public void Hold()
    {
        var bench = new WalletBench { ItemsMax = 1 };
        bench.Grant("10");
        Assert.Equal(WalletCode.Done, bench.Hold("h1", "4").Code);
        Assert.Equal(WalletCode.HoldExists, bench.Hold("h1", "99").Code);
        Assert.Equal(WalletCode.InsufficientCredits, bench.Hold("h2", "6.000000001").Code);
        Assert.Equal(WalletCode.TooMany, bench.Hold("h2", "6").Code);
    }

    [Fact]
    public void Raise()
    {
        var bench = new WalletBench();
        bench.Grant("10");
        bench.Hold("h1", "4");
        bench.Hold("h2", "1");
        bench.Do(new ReleaseHold("h2"));
        Assert.Equal(WalletCode.HoldNotFound, bench.Do(new RaiseHold("h3", Most)).Code);
        Assert.Equal(WalletCode.HoldClosed, bench.Do(new RaiseHold("h2", Most)).Code);
        Assert.Equal(WalletCode.InsufficientCredits, bench.Do(new RaiseHold("h1", WalletBench.A("6.000000001"))).Code);
        WalletResult done = bench.Do(new RaiseHold("h1", WalletBench.A("6")));
        Assert.Equal(
            (WalletCode.Done, "0", "10", "10"),
            (done.Code, done.Available.ToString(), done.Held.ToString(), done.Hold!.Remaining.ToString()));
    }

    [Fact]
    public void Capture()
    {
        var bench = new WalletBench();
        bench.Grant("10");
        bench.Hold("h1", "4");
        bench.Hold("h2", "1");
        bench.Do(new CaptureHold("h2", Amount.One, true));
        Assert.Equal(WalletCode.HoldNotFound, bench.Do(new CaptureHold("h3", Most, false)).Code);
        Assert.Equal(WalletCode.HoldClosed, bench.Do(new CaptureHold("h2", Most, false)).Code);
        Assert.Equal(WalletCode.ExceedsHold, bench.Do(new CaptureHold("h1", WalletBench.A("4.1"), true)).Code);
        Assert.Equal("1.5", bench.Do(new CaptureHold("h1", WalletBench.A("1.5"), false)).Hold!.Captured.ToString());
        WalletResult done = bench.Do(new CaptureHold("h1", WalletBench.A("0.5"), true));
        Assert.Equal(
            (WalletCode.Done, HoldState.Captured, "7", "0"),
            (done.Code, done.Hold!.State, done.Available.ToString(), done.Held.ToString()));
        Assert.Equal("3", bench.View().Burned.ToString());
    }

    [Fact]
    public void Release()
    {
        var bench = new WalletBench();
        bench.Grant("10");
        bench.Hold("h1", "4");
        Assert.Equal(WalletCode.HoldNotFound, bench.Do(new ReleaseHold("h2")).Code);
        Assert.Equal(HoldState.Released, bench.Do(new ReleaseHold("h1")).Hold!.State);
        Assert.Equal(WalletCode.HoldClosed, bench.Do(new ReleaseHold("h1")).Code);
        Assert.Equal("10", bench.View().Available.ToString());
    }

    [Fact]
    public void Adjust()
    {
        var bench = new WalletBench { ItemsMax = 2 };
        bench.Grant("10");
        Assert.Equal(WalletCode.OutOfRange, bench.Do(new AdjustCredits(Most, "")).Code);
        Assert.Equal(WalletCode.Done, bench.Do(new AdjustCredits(Amount.One, "")).Code);
        Assert.Equal(WalletCode.TooMany, bench.Do(new AdjustCredits(Amount.One, "")).Code);
        Assert.Equal(WalletCode.InsufficientCredits, bench.Do(new AdjustCredits(-WalletBench.A("11.1"), "")).Code);
        Assert.Equal("0", bench.Do(new AdjustCredits(-WalletBench.A("11"), "")).Available.ToString());
        Assert.Equal(("11", "0"), (bench.View().Expired.ToString(), bench.View().Burned.ToString()));
    }

    [Fact]
    public void Top_ups()
    {
        var bench = new WalletBench();
        bench.Do(new SetAutoTopUp(Amount.One, Amount.FromWhole(5), 9, Trust: false));
        Assert.Equal(WalletCode.TopUpNotFound, bench.Do(new ConfirmTopUp("top_2")).Code);
        Assert.Equal((WalletCode.Done, "5"), (bench.Do(new ConfirmTopUp("top_1")).Code, bench.View().Available.ToString()));
        Assert.Equal(WalletCode.TopUpClosed, bench.Do(new FailTopUp("top_1")).Code);
    }

    [Fact]
    public void Key_that_was_used_comes_before_everything()
    {
        var bench = new WalletBench { ItemsMax = 2, AnswersMax = 2 };
        WalletCommand grant = new GrantCredits(Amount.One, GrantKind.Paid, 0, null, "") { Idempotency = new IdempotencyKey(1, 1) };
        WalletResult first = bench.Do(grant);
        bench.Grant("5");
        bench.Reload();
        Assert.Equal(first, bench.Do(grant));
        Assert.Equal(WalletCode.IdempotencyKeyReused, bench.Do(grant with { Idempotency = new IdempotencyKey(1, 2) }).Code);
        Assert.Equal("6", bench.View().Available.ToString());

        WalletResult refused = bench.Do(new ReleaseHold("none") { Idempotency = new IdempotencyKey(2, 1) });
        Assert.Equal(WalletCode.HoldNotFound, refused.Code);
        Assert.Equal(WalletCode.TooMany, bench.Do(grant with { Idempotency = new IdempotencyKey(3, 1) }).Code);
        bench.Wallet.Forget(bench.Now, 100, bench.Now + TimeSpan.FromSeconds(1));
        Assert.Equal(WalletCode.TooMany, bench.Do(grant with { Idempotency = new IdempotencyKey(3, 1) }).Code);
        Assert.Equal("6", bench.View().Available.ToString());
    }

    [Fact]
    public void Answers_past_their_time_make_room_for_new_keys()
    {
        var bench = new WalletBench { AnswersMax = 1 };
        bench.Grant("5");
        WalletCommand grant = new GrantCredits(Amount.One, GrantKind.Paid, 0, null, "") { Idempotency = new IdempotencyKey(1, 1) };
        bench.Do(grant);
        Assert.Equal(WalletCode.TooMany, bench.Do(grant with { Idempotency = new IdempotencyKey(2, 1) }).Code);

        bench.Now += TimeSpan.FromHours(25);

        Assert.Equal(WalletCode.Done, bench.Do(grant with { Idempotency = new IdempotencyKey(2, 1) }).Code);
        Assert.Equal(WalletCode.TooMany, bench.Do(grant with { Idempotency = new IdempotencyKey(3, 1) }).Code);
    }

    [Fact]
    public void Command_that_no_wallet_could_decide_cannot_be_made()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => new GrantCredits(Amount.Zero, GrantKind.Paid, 0, null, ""));
        Assert.Throws<ArgumentOutOfRangeException>(() => new CreateHold(null, -Amount.One, TimeSpan.FromMinutes(1)));
        Assert.Throws<ArgumentOutOfRangeException>(() => new CreateHold(null, Amount.One, TimeSpan.Zero));
        Assert.Throws<ArgumentOutOfRangeException>(() => new CreateHold(null, Amount.One, TimeSpan.MaxValue));
        Assert.Throws<ArgumentOutOfRangeException>(() => new RaiseHold("h", Amount.Zero));
        Assert.Throws<ArgumentOutOfRangeException>(() => new CaptureHold("h", -Amount.One, false));
        Assert.Throws<ArgumentOutOfRangeException>(() => new SetAutoTopUp(Amount.Zero, Amount.Zero, 1, false));
        Assert.Throws<ArgumentOutOfRangeException>(() => new SetAutoTopUp(Amount.Zero, Amount.One, 0, false));
        Assert.Throws<ArgumentOutOfRangeException>(() => new AdjustCredits(Amount.Zero, ""));
    }
}
