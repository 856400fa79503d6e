using FsCheck;
using FsCheck.Fluent;
using Metering.Core.Binary;
using Metering.Core.Money;
using Metering.Core.Wallets;

namespace Metering.Core.Tests.Wallets;

/// <summary>Random commands against a wallet, judged by arithmetic that is written differently.</summary>
public sealed class WalletLawTests
{
    private static readonly Gen<int[]> Commands = Gen.Choose(0, int.MaxValue - 1).ArrayOf(40);

    [Fact]
    public void Balances_are_those_of_plain_arithmetic() => Check.Holds(Commands, codes =>
    {
        var bench = new WalletBench();
        decimal granted = 0, taken = 0, held = 0;
        for (int i = 0; i < codes.Length; i++)
        {
            decimal amount = codes[i] / 7 % 500 / 4m;
            string id = $"h{codes[i] % 3}";
            Amount exact = Amount.FromDecimal(amount + 0.25m);
            WalletResult result = bench.Do(CommandOf(codes[i], id, exact, expires: false));
            decimal change = exact.ToDecimal();
            if (result.Code != WalletCode.Done)
                continue;
            switch (codes[i] % 7)
            {
                case 0:
                    granted += change;
                    break;
                case 1 or 2:
                    held += change;
                    break;
                case 3:
                    held -= change;
                    taken += change;
                    break;
                case 4:
                    held -= change + (result.Hold!.Amount - result.Hold.Captured).ToDecimal();
                    taken += change;
                    break;
                case 5:
                    held -= (result.Hold!.Amount - result.Hold.Captured).ToDecimal();
                    break;
                default:
                    taken += change;
                    break;
            }

            if (result.Available.ToDecimal() != granted - taken - held || result.Held.ToDecimal() != held)
                return false;
        }

        return true;
    });

    [Fact]
    public void Ledger_chains_and_every_balance_adds_up() => Check.Holds(Commands, codes =>
    {
        WalletBench bench = Run(codes);
        var last = default(LedgerStamp);
        foreach ((_, LedgerStamp stamp, _) in bench.Journal.Where(entry => entry.Stamp.Number > 0))
        {
            if (stamp.Number != last.Number + 1 || stamp.Before != last.After)
                return false;
            last = stamp;
        }

        WalletView view = bench.View();
        return last.After == view.Available && last.Number == view.LedgerEntries
            && view.Available.Nanos + view.Held.Nanos + view.Burned.Nanos + view.Expired.Nanos == view.Granted.Nanos + view.Overage.Nanos
            && view.Grants.All(grant => !grant.Remaining.IsNegative && !grant.Held.IsNegative)
            && view.Grants.Aggregate(Int128.Zero, (sum, grant) => sum + grant.Remaining.Nanos) == view.Available.Nanos
            && view.Holds.Aggregate(Int128.Zero, (sum, hold) => sum + hold.Remaining.Nanos) == view.Held.Nanos;
    });

    [Fact]
    public void Replay_equals_live() => Check.Holds(Commands, codes =>
    {
        WalletBench bench = Run(codes);
        return WalletBench.Encode(bench.Wallet).AsSpan().SequenceEqual(WalletBench.Encode(bench.Replay()));
    });

    [Fact]
    public void Wallet_read_back_has_the_same_view_and_the_same_future() => Check.Holds(Commands, codes =>
    {
        WalletBench straight = Run(codes);
        var broken = new WalletBench();
        for (int i = 0; i < codes.Length; i++)
        {
            Step(broken, codes[i]);
            if (i % 5 == 0)
                broken.Reload();
        }

        return straight.Text() == broken.Text()
            && WalletBench.Encode(straight.Wallet).AsSpan().SequenceEqual(WalletBench.Encode(broken.Wallet));
    });

    [Fact]
    public void Truncated_or_changed_wallet_is_corrupt_or_breaks_an_invariant()
    {
        var random = new System.Random(1);
        byte[] bytes = WalletBench.Encode(Run([.. Enumerable.Range(0, 60).Select(_ => random.Next())]).Wallet);
        for (int length = 0; length < bytes.Length; length++)
            Assert.True(IsRefused(bytes[..length]), $"{length} of {bytes.Length} bytes were taken");
        for (int i = 0; i < 20_000; i++)
        {
            byte[] changed = [.. bytes];
            changed[random.Next(changed.Length)] = (byte)random.Next(256);
            IsRefused(changed);
        }
    }

    private static bool IsRefused(byte[] bytes)
    {
        try
        {
            var reader = new ByteReader(bytes);
            Wallet.Read(ref reader);
            return false;
        }
        catch (Exception exception) when (exception is CorruptDataException or WalletInvariantException)
        {
            return true;
        }
    }

    private static WalletBench Run(int[] codes)
    {
        var bench = new WalletBench();
        foreach (int code in codes)
            Step(bench, code);
        return bench;
    }

    private static void Step(WalletBench bench, int code)
    {
        bench.Now += TimeSpan.FromMinutes(code / 11 % 20);
        WalletCommand command = (code / 13 % 9) switch
        {
            7 => code % 2 == 0
                ? new SetAutoTopUp(Amount.FromWhole(code % 40), Amount.FromWhole(code % 90 + 1), code % 3 + 1, code % 5 == 0)
                : new ConfirmTopUp($"top_{code % 4 + 1}"),
            8 => new FailTopUp($"top_{code % 4 + 1}"),
            _ => CommandOf(code, $"h{code % 3}", Amount.FromNanos(code / 7 % 500 * 250_000_001L + 1), expires: code % 2 == 0),
        };
        bench.Do(command with { Idempotency = code % 6 == 0 ? new IdempotencyKey((UInt128)(code / 6 % 5), (ulong)(code % 2)) : null });
    }

    private static WalletCommand CommandOf(int code, string id, Amount amount, bool expires) => (code % 7) switch
    {
        0 => new GrantCredits(
            amount, GrantKind.Promotional, code / 5 % 3, expires ? WalletBench.Start + TimeSpan.FromMinutes(code / 17 % 500) : null, "law"),
        1 => new CreateHold(id, amount, TimeSpan.FromMinutes(expires ? code / 19 % 90 + 1 : 5_000)),
        2 => new RaiseHold(id, amount),
        3 => new CaptureHold(id, amount, false),
        4 => new CaptureHold(id, amount, true),
        5 => new ReleaseHold(id),
        _ => new AdjustCredits(-amount, "law"),
    };
}
