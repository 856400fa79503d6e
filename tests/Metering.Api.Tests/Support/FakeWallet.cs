using Metering.Core.Money;
using Metering.Core.Time;
using Metering.Core.Usage;
using Metering.Core.Wallets;
using Metering.Grid.Directory;
using Metering.Grid.Wallets;

namespace Metering.Api.Tests.Support;

/// <summary>A wallet in memory with what the HTTP layer needs of one: balances, holds, top-ups and idempotency keys.</summary>
internal sealed class FakeWallet(string customerId, TimeProvider time) : IWallet
{
    private readonly Lock guard = new();
    private readonly List<GrantView> grants = [];
    private readonly Dictionary<string, HoldView> holds = new(StringComparer.Ordinal);
    private readonly Dictionary<string, TopUpView> topUps = new(StringComparer.Ordinal);
    private readonly Dictionary<UInt128, (ulong Digest, WalletResult Result)> answers = [];
    private AutoTopUpView? autoTopUp;
    private Amount? lowBalance;
    private Amount available;
    private Amount held;
    private Amount burned;
    private long sequence;

    /// <summary>Commands that were decided, without replays.</summary>
    public List<WalletCommand> Decided { get; } = [];

    /// <summary>Answered to the next command instead of deciding it.</summary>
    public WalletResult? NextResult { get; set; }

    /// <summary>Thrown by the next command instead of deciding it.</summary>
    public Exception? NextFailure { get; set; }

    public CustomerStatus Status { get; private set; }

    private Instant Now => Instant.FromDateTimeOffset(time.GetUtcNow());

    public void AddPendingTopUp(string id, Amount amount) => topUps[id] = new TopUpView(id, amount, TopUpState.Pending, Now);

    public ValueTask<WalletView> ReadAsync(CancellationToken cancellation)
    {
        lock (guard)
        {
            Amount granted = available + held + burned;
            return ValueTask.FromResult(new WalletView(
                customerId, available, held, burned, Amount.Zero, granted, Amount.Zero, [.. grants],
                [.. holds.Values.Where(hold => hold.State == HoldState.Pending)],
                [.. topUps.Values.Where(topUp => topUp.State == TopUpState.Pending)],
                autoTopUp, sequence, sequence)
            {
                LowBalance = lowBalance,
            });
        }
    }

    public ValueTask<HoldView?> ReadHoldAsync(string holdId, CancellationToken cancellation) =>
        ValueTask.FromResult(holds.GetValueOrDefault(holdId));

    public ValueTask<WalletResult> ExecuteAsync(WalletCommand command, CancellationToken cancellation)
    {
        lock (guard)
        {
            if (NextFailure is { } failure)
            {
                NextFailure = null;
                throw failure;
            }

            if (command.Idempotency is { } key && answers.TryGetValue(key.Key, out var known))
                return ValueTask.FromResult(known.Digest == key.BodyDigest ? known.Result : Result(WalletCode.IdempotencyKeyReused));
            WalletResult result = NextResult ?? Decide(command);
            NextResult = null;
            Decided.Add(command);
            sequence++;
            if (command.Idempotency is { } fresh)
                answers[fresh.Key] = (fresh.BodyDigest, result);
            return ValueTask.FromResult(result);
        }
    }

    public ValueTask<CustomerStatus> ReadStatusAsync(CancellationToken cancellation) => ValueTask.FromResult(Status);

    public ValueTask<long> SetStatusAsync(CustomerStatus status, CancellationToken cancellation)
    {
        Status = status;
        return ValueTask.FromResult(++sequence);
    }

    public WalletResult Result(
        WalletCode code, HoldView? hold = null, EventCode eventCode = EventCode.Accepted, Amount credits = default) =>
        new(code, available, held, hold, null, null, null, eventCode, credits, Now);

    private WalletResult Decide(WalletCommand command) => command switch
    {
        GrantCredits grant => Grant(grant),
        CreateHold create => Create(create),
        RaiseHold raise => OnHold(raise.Id, hold => raise.By > available ? Result(WalletCode.InsufficientCredits) : Raise(hold, raise.By)),
        CaptureHold capture => OnHold(capture.Id, hold => capture.Amount > hold.Remaining
            ? Result(WalletCode.ExceedsHold, hold) : Capture(hold, capture.Amount, capture.Close)),
        CaptureHoldForEvent capture =>
            OnHold(capture.HoldId, hold => Capture(hold, Amount.One, capture.Close) with { Credits = Amount.One }),
        ReleaseHold release => OnHold(release.Id, hold => Close(hold, HoldState.Released)),
        SetAutoTopUp set => Result(
            WalletCode.Done) with { AutoTopUp = autoTopUp = new AutoTopUpView(set.Threshold, set.Amount, set.MaxPerDay, set.Trust) },
        RemoveAutoTopUp => Remove(),
        SetLowBalance set => SetLow(set.Threshold),
        ConfirmTopUp confirm => OnTopUp(confirm.Id, TopUpState.Confirmed),
        FailTopUp fail => OnTopUp(fail.Id, TopUpState.Failed),
        _ => throw new NotSupportedException(command.ToString()),
    };

    private WalletResult SetLow(Amount? threshold)
    {
        lowBalance = threshold;
        return Result(WalletCode.Done);
    }

    private WalletResult Grant(GrantCredits command)
    {
        if (command.ExpiresAt <= Now)
            return Result(WalletCode.AlreadyExpired);
        available += command.Amount;
        var grant = new GrantView(
            $"g{grants.Count + 1}", command.Kind, command.Priority, command.Amount, command.Amount, Amount.Zero,
            command.ExpiresAt, Now, command.Reason);
        grants.Add(grant);
        return Result(WalletCode.Done) with { Grant = grant };
    }

    private WalletResult Create(CreateHold command)
    {
        string id = command.Id ?? $"h{holds.Count + 1}";
        if (holds.TryGetValue(id, out HoldView? existing))
            return Result(WalletCode.HoldExists, existing);
        if (command.Amount > available)
            return Result(WalletCode.InsufficientCredits);
        available -= command.Amount;
        held += command.Amount;
        holds[id] = new HoldView(id, command.Amount, Amount.Zero, command.Amount, HoldState.Pending, Now, Now + command.TimeToLive, null);
        return Result(WalletCode.Done, holds[id]);
    }

    private WalletResult OnHold(string id, Func<HoldView, WalletResult> decide)
    {
        if (!holds.TryGetValue(id, out HoldView? hold))
            return Result(WalletCode.HoldNotFound);
        return hold.State == HoldState.Pending ? decide(hold) : Result(WalletCode.HoldClosed, hold);
    }

    private WalletResult Raise(HoldView hold, Amount by)
    {
        available -= by;
        held += by;
        return Keep(hold with { Amount = hold.Amount + by, Remaining = hold.Remaining + by });
    }

    private WalletResult Capture(HoldView hold, Amount amount, bool close)
    {
        held -= amount;
        burned += amount;
        HoldView after = hold with { Captured = hold.Captured + amount, Remaining = hold.Remaining - amount };
        return close || after.Remaining.IsZero ? Close(after, HoldState.Captured) : Keep(after);
    }

    private WalletResult Close(HoldView hold, HoldState state)
    {
        available += hold.Remaining;
        held -= hold.Remaining;
        return Keep(hold with { Remaining = Amount.Zero, State = state, ClosedAt = Now });
    }

    private WalletResult Keep(HoldView hold)
    {
        holds[hold.Id] = hold;
        return Result(WalletCode.Done, hold);
    }

    private WalletResult Remove()
    {
        autoTopUp = null;
        return Result(WalletCode.Done);
    }

    private WalletResult OnTopUp(string id, TopUpState state)
    {
        if (!topUps.TryGetValue(id, out TopUpView? topUp))
            return Result(WalletCode.TopUpNotFound);
        if (topUp.State != TopUpState.Pending)
            return Result(WalletCode.TopUpClosed) with { TopUp = topUp };
        topUps[id] = topUp with { State = state };
        if (state == TopUpState.Confirmed)
            available += topUp.Amount;
        return Result(WalletCode.Done) with { TopUp = topUps[id] };
    }
}
