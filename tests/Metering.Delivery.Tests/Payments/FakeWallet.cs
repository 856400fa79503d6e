using Metering.Core.Money;
using Metering.Core.Time;
using Metering.Core.Usage;
using Metering.Core.Wallets;
using Metering.Grid.Directory;
using Metering.Grid.Wallets;

namespace Metering.Delivery.Tests.Payments;

/// <summary>A wallet that knows top-ups, adjustments and the status; each change is a moment to die, before and after.</summary>
internal sealed class FakeWallet(CrashPoints points) : IWallet
{
    private readonly Dictionary<string, TopUpView> topUps = [];
    private readonly Dictionary<UInt128, WalletResult> answers = [];

    public Amount Available { get; set; }

    public CustomerStatus Status { get; set; }

    /// <summary>Every change of the status.</summary>
    public List<CustomerStatus> Statuses { get; } = [];

    public IReadOnlyDictionary<string, TopUpView> TopUps => topUps;

    public void Request(string id, string amount) =>
        topUps[id] = new TopUpView(id, Amount.Parse(amount), TopUpState.Pending, Instant.FromDateTimeOffset(DateTimeOffset.UtcNow));

    public ValueTask<WalletView> ReadAsync(CancellationToken cancellation) => new(new WalletView(
        "c1", Available, Amount.Zero, Amount.Zero, Amount.Zero, Amount.Zero, Amount.Zero, [], [],
        [.. topUps.Values.Where(topUp => topUp.State == TopUpState.Pending)], null, 1, 0));

    public ValueTask<WalletResult> ExecuteAsync(WalletCommand command, CancellationToken cancellation)
    {
        if (command.Idempotency is { } key && answers.TryGetValue(key.Key, out WalletResult? before))
            return new(before);
        points.Pass();
        WalletResult result = command switch
        {
            ConfirmTopUp confirm => Close(confirm.Id, TopUpState.Confirmed),
            FailTopUp fail => Close(fail.Id, TopUpState.Failed),
            AdjustCredits adjust when -adjust.By > Available => Answer(WalletCode.InsufficientCredits, null),
            AdjustCredits adjust => Adjust(adjust.By),
            _ => throw new NotSupportedException(),
        };
        if (command.Idempotency is { } remembered)
            answers[remembered.Key] = result;
        points.Pass();
        return new(result);
    }

    public ValueTask<CustomerStatus> ReadStatusAsync(CancellationToken cancellation) => new(Status);

    public ValueTask<long> SetStatusAsync(CustomerStatus status, CancellationToken cancellation)
    {
        points.Pass();
        if (Status != status)
            Statuses.Add(status);
        Status = status;
        points.Pass();
        return new(1L);
    }

    public ValueTask<HoldView?> ReadHoldAsync(string holdId, CancellationToken cancellation) => throw new NotSupportedException();

    private WalletResult Adjust(Amount by)
    {
        Available += by;
        return Answer(WalletCode.Done, null);
    }

    private WalletResult Close(string id, TopUpState state)
    {
        if (!topUps.TryGetValue(id, out TopUpView? topUp))
            return Answer(WalletCode.TopUpNotFound, null);
        if (topUp.State != TopUpState.Pending)
            return Answer(WalletCode.TopUpClosed, topUp);
        topUps[id] = topUp with { State = state };
        if (state == TopUpState.Confirmed)
            Available += topUp.Amount;
        return Answer(WalletCode.Done, topUps[id]);
    }

    private WalletResult Answer(WalletCode code, TopUpView? topUp) =>
        new(code, Available, Amount.Zero, null, null, topUp, null, default(EventCode), Amount.Zero, Instant.UnixEpoch);
}
