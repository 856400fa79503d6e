using Metering.Core.Money;
using Metering.Core.Time;
using Metering.Core.Usage;
using Metering.Core.Wallets;
using Metering.Grid.Dedup;
using Metering.Grid.Directory;
using Metering.Grid.Ingest;
using Metering.Grid.Journal;
using Metering.Grid.Wallets;

namespace Metering.Grid.Partitions;

/// <content>Commands and reads of wallets.</content>
public sealed partial class PartitionState
{
    /// <summary>Decides a wallet command; a capture with an event may carry a first outcome found in dedup segments.</summary>
    public WalletResult Execute(
        CustomerEntry customer, WalletCommand command, FirstOutcome? known, CatalogSnapshot catalog, Instant now, GroupWriter group)
    {
        now = Advance(now);
        CustomerState state = Open(customer, catalog, now, group);
        Begin(state, now, group);
        int entries = group.Entries;
        WalletContext context = ContextOf(state, now);
        WalletResult result = command is CaptureHoldForEvent capture
            ? Capture(state, capture, known, catalog, context, group)
            : WalletDecisions.Execute(state.Wallet, command, context, group);
        if (group.Entries != entries)
            Touch(state, group);
        state.DueChanged = true;
        Settle(state);
        return result;
    }

    /// <summary>A wallet as it is; what is due comes first.</summary>
    public WalletView ReadWallet(CustomerEntry customer, CatalogSnapshot catalog, Instant now, GroupWriter group)
    {
        CustomerState state = Look(customer, catalog, Advance(now), group);
        return state.Wallet.ToView(state.Id, group.Sequence - (group.IsEmpty ? 1 : 0));
    }

    /// <summary>A hold, or null.</summary>
    public HoldView? ReadHold(CustomerEntry customer, string holdId, CatalogSnapshot catalog, Instant now, GroupWriter group) =>
        Look(customer, catalog, Advance(now), group).Wallet.FindHold(holdId);

    /// <summary>The customer's status.</summary>
    public CustomerStatus ReadStatus(CustomerEntry customer, CatalogSnapshot catalog, Instant now, GroupWriter group) =>
        Look(customer, catalog, Advance(now), group).Status;

    /// <summary>Changes the customer's status.</summary>
    public long SetStatus(CustomerEntry customer, CustomerStatus status, CatalogSnapshot catalog, Instant now, GroupWriter group)
    {
        now = Advance(now);
        CustomerState state = Open(customer, catalog, now, group);
        if (state.Status != status)
        {
            Begin(state, now, group);
            group.StatusChanged(status);
            state.Status = status;
            Touch(state, group);
        }

        Settle(state);
        return group.Sequence - (group.IsEmpty ? 1 : 0);
    }

    private WalletResult Capture(
        CustomerState customer, CaptureHoldForEvent command, FirstOutcome? known, CatalogSnapshot catalog, WalletContext context,
        GroupWriter group)
    {
        Wallet wallet = customer.Wallet;
        if (WalletDecisions.TryReplay(wallet, command, context, out WalletResult? first))
            return first;
        WalletResult result = CaptureOnce(customer, command, known, catalog, context, group);
        return WalletDecisions.Remember(wallet, command, result, context, group);
    }

    private WalletResult CaptureOnce(
        CustomerState customer, CaptureHoldForEvent command, FirstOutcome? known, CatalogSnapshot catalog, WalletContext context,
        GroupWriter group)
    {
        Wallet wallet = customer.Wallet;
        EventBatch batch = command.Event;
        ref readonly ParsedEvent item = ref batch[0];
        HoldView? hold = wallet.FindHold(command.HoldId);
        if (hold is null)
            return WalletDecisions.Answer(wallet, WalletCode.HoldNotFound, context);
        if (item.Project is null || item.Project.Customer.Id != customer.Id)
            return WalletDecisions.Answer(wallet, WalletCode.EventRefused, context, hold, eventCode: EventCode.CustomerNotFound);
        if (!IsSuspended(customer) && TryFindFirst(item.Identity, known, context.At, out FirstOutcome outcome))
        {
            // What the hold was to pay for is paid: a caller that is done with the hold gets the rest back.
            if (command.Close && hold.State == HoldState.Pending)
                WalletDecisions.CloseHold(wallet, command.HoldId, HoldState.Captured, context, group);
            return WalletDecisions.Answer(
                wallet, WalletCode.Done, context, wallet.FindHold(command.HoldId), eventCode: EventCode.Duplicate,
                credits: outcome.Credits) with { TakenAt = outcome.At };
        }

        if (hold.State != HoldState.Pending)
            return WalletDecisions.Answer(wallet, WalletCode.HoldClosed, context, hold);
        if (!KnowsPlan(customer, item.Project, catalog))
            return WalletDecisions.Answer(wallet, WalletCode.EventRefused, context, hold, eventCode: EventCode.Unavailable);
        ProjectUsage project = Open(customer, item.Project, catalog, context.At, group);
        var decision = new EventDecision();
        EventCode code = Decide(customer, project, batch, item, catalog, context.At, ref decision);
        Amount fromHold = Amount.Min(decision.Credits, hold.Remaining);
        Amount extra = decision.Credits - fromHold;
        if (code == EventCode.Accepted)
            code = Fund(customer, decision.Plan!, extra, context, group, out decision.Overage);
        if (code != EventCode.Accepted)
            return WalletDecisions.Answer(wallet, WalletCode.EventRefused, context, hold, eventCode: code);
        decision.IsOverageOwn = !decision.Overage.IsZero && IsOverageOwn(customer, item.Project, decision.Time, catalog);
        Count(customer, project, batch, item, context.At, decision, group);
        WalletDecisions.CaptureFrom(wallet, command.HoldId, fromHold, context, group);
        ApplyPending(customer, context.At, group);
        if (command.Close)
            WalletDecisions.CloseHold(wallet, command.HoldId, HoldState.Captured, context, group);
        WalletDecisions.TopUpIfNeeded(wallet, Amount.Zero, refused: false, context, group);
        return WalletDecisions.Answer(
            wallet, WalletCode.Done, context, wallet.FindHold(command.HoldId), eventCode: EventCode.Accepted, credits: decision.Credits);
    }
}
