using Metering.Core.Money;
using Metering.Core.Time;

namespace Metering.Core.Wallets;

/// <summary>
/// A customer's credits: grants, holds, burns, top-ups. State only, changed by <see cref="Apply"/> alone; <see cref="WalletDecisions"/>
/// decides.
/// </summary>
/// <remarks>
/// Invariants, checked after every change: <c>available + held + burned + expired = granted + overage</c>; no grant below zero; ledger
/// entries chain.
/// A breach throws <see cref="WalletInvariantException"/>: the state must be dropped and replayed.
/// </remarks>
public sealed partial class Wallet
{
    private Grant[] grants = [];
    private WalletRecords records = WalletRecords.None;
    private Grant? front;
    private Instant? nextDue;

    /// <summary>Credits that can be burned or held.</summary>
    public Amount Available { get; private set; }

    /// <summary>Credits set aside.</summary>
    public Amount Held { get; private set; }

    /// <summary>Credits taken by usage, overage among them.</summary>
    public Amount Burned { get; private set; }

    /// <summary>Credits that ended, or were removed by a correction.</summary>
    public Amount Expired { get; private set; }

    /// <summary>Credits ever granted.</summary>
    public Amount Granted { get; private set; }

    /// <summary>Credits burned beyond the wallet.</summary>
    public Amount Overage { get; private set; }

    /// <summary>How many ledger entries there are.</summary>
    public long LedgerEntries { get; private set; }

    /// <summary>Automatic top-ups, or null.</summary>
    public AutoTopUpView? AutoTopUp { get; private set; }

    /// <summary>The balance below which it is low, or null.</summary>
    public Amount? LowBalance { get; private set; }

    /// <summary>Numbers given out so far.</summary>
    internal long GrantCount { get; private set; }

    internal long HoldCount { get; private set; }

    internal long TopUpCount { get; private set; }

    /// <summary>The day whose allowance of top-ups is counted, and how many it has used.</summary>
    internal Instant TopUpDay { get; private set; }

    internal int TopUpsThatDay { get; private set; }

    internal int PendingTopUps { get; private set; }

    internal IReadOnlyList<Hold> PendingHolds => records.PendingHolds;

    internal IReadOnlyList<Grant> Grants => grants;

    internal IReadOnlyDictionary<string, Hold> Holds => records.Holds;

    internal IReadOnlyDictionary<long, TopUp> TopUps => records.TopUps;

    internal IReadOnlyDictionary<UInt128, RememberedAnswer> Answers => records.Answers;

    /// <summary>Whether anything ever happened to it.</summary>
    public bool IsEmpty => LedgerEntries == 0 && AutoTopUp is null && LowBalance is null && Answers.Count == 0;

    /// <summary>When the next grant or pending hold ends; <see cref="Instant.MaxValue"/> for never.</summary>
    public Instant NextDue => nextDue ??= FindNextDue();

    /// <summary>
    /// Fills <paramref name="draws"/> with the grants that pay an amount, in the order of consumption; available must cover it.
    /// </summary>
    public void PlanDraws(Amount amount, List<GrantDraw> draws)
    {
        draws.Clear();
        if (front is not null && front.Free >= amount && !amount.IsZero)
        {
            draws.Add(new GrantDraw(front.Number, amount));
            return;
        }

        foreach (Grant grant in grants)
        {
            if (amount.IsZero)
                return;
            Amount part = Amount.Min(amount, grant.Free);
            if (part.IsZero)
                continue;
            draws.Add(new GrantDraw(grant.Number, part));
            amount -= part;
        }

        Ensure(amount.IsZero, "Draws were planned beyond what is available.");
    }

    /// <summary>Takes credits. The hot form of applying <see cref="CreditsBurned"/>.</summary>
    public LedgerStamp ApplyBurn(Amount total, Amount overage, IReadOnlyList<GrantDraw> draws)
    {
        Amount before = Available;
        Amount drawn = Amount.Zero;
        bool emptied = false;
        for (int i = 0; i < draws.Count; i++)
        {
            emptied |= TakeFree(draws[i]).IsEmpty;
            drawn += draws[i].Amount;
        }

        Ensure(drawn + overage == total, "A burn is the sum of its draws and its overage.");
        Available -= drawn;
        Burned += total;
        Overage += overage;
        if (emptied)
            RemoveEmptyGrants();
        return Stamp(before, hasEntry: true);
    }

    /// <summary>Applies what was decided.</summary>
    /// <returns>The ledger entry's place; number 0 where the event makes none.</returns>
    public LedgerStamp Apply(WalletEvent change, Instant at)
    {
        Amount before = Available;
        switch (change)
        {
            case CreditsBurned burned:
                return ApplyBurn(burned.Total, burned.Overage, burned.Draws);
            case GrantAdded added:
                Add(added, at);
                break;
            case GrantExpired expired:
                Expire(expired);
                break;
            case HoldCreated created:
                Create(created, at);
                break;
            case HoldRaised raised:
                SetAside(HoldOf(raised.Id), raised.By, raised.Draws);
                break;
            case HoldCaptured captured:
                Capture(captured);
                break;
            case HoldClosed closed:
                Close(closed, at);
                break;
            case CreditsRemoved removed:
                Remove(removed);
                break;
            case AutoTopUpChanged changed:
                AutoTopUp = changed.Setting;
                break;
            case LowBalanceChanged changed:
                LowBalance = changed.Threshold;
                break;
            case TopUpRequested requested:
                Request(requested, at);
                break;
            case TopUpClosed closed:
                Close(closed, at);
                break;
            case AnswerRemembered remembered:
                Own().Answers[remembered.Key] = new RememberedAnswer(remembered.BodyDigest, remembered.Result);
                break;
            default:
                throw new ArgumentException($"A wallet cannot apply {change.GetType().Name}.", nameof(change));
        }

        return Stamp(before, change.Ledger is not null);
    }

    /// <summary>Reads what a burn will read, one step along its references, and changes nothing; see <c>ProjectUsage.Preload</c>.</summary>
    public int Preload(int step) => step switch
    {
        1 => (int)Available.Nanos + (int)Overage.Nanos + (front is null ? 0 : 1),
        2 when front is not null => (int)front.Number + (int)front.Free.Nanos,
        _ => 0,
    };

    private Instant FindNextDue()
    {
        Instant due = Instant.MaxValue;
        foreach (Grant grant in grants)
        {
            if (!grant.HasExpired && grant.ExpiresAt is { } at)
                due = Instant.Min(due, at);
        }

        foreach (Hold hold in PendingHolds)
            due = Instant.Min(due, hold.ExpiresAt);
        return due;
    }

    private void Add(GrantAdded added, Instant at)
    {
        Ensure(added.Number == GrantCount + 1, "Grants are numbered without a gap.");
        var grant = new Grant
        {
            Number = added.Number, Kind = added.Kind, Priority = added.Priority, Amount = added.Amount, ExpiresAt = added.ExpiresAt,
            CreatedAt = at, Reason = added.Reason, Free = added.Amount,
        };
        nextDue = null;
        int place = Array.FindIndex(grants, other => grant.CompareTo(other) < 0);
        if (place < 0)
            place = grants.Length;
        grants = [.. grants[..place], grant, .. grants[place..]];
        front = grants[0];
        GrantCount++;
        Granted += added.Amount;
        Available += added.Amount;
    }

    private void Expire(GrantExpired expired)
    {
        Grant grant = GrantOf(expired.Number);
        Ensure(grant.Free == expired.Amount, "A grant expires with all that is free of it.");
        grant.Free = Amount.Zero;
        grant.HasExpired = true;
        nextDue = null;
        Available -= expired.Amount;
        Expired += expired.Amount;
        RemoveEmptyGrants();
    }

    private void Create(HoldCreated created, Instant at)
    {
        var hold = new Hold { Id = created.Id, CreatedAt = at, ExpiresAt = created.ExpiresAt };
        // A closed hold of that id may stand here in a replay although it had been forgotten when this one was decided.
        Ensure(!Holds.TryGetValue(created.Id, out Hold? known) || known.State != HoldState.Pending, "A hold is created once.");
        Own().Holds[created.Id] = hold;
        records.PendingHolds.Add(hold);
        nextDue = nextDue is { } due ? Instant.Min(due, created.ExpiresAt) : null;
        HoldCount = Math.Max(HoldCount, created.Number);
        SetAside(hold, created.Amount, created.Draws);
    }

    private void SetAside(Hold hold, Amount amount, IReadOnlyList<GrantDraw> draws)
    {
        Amount drawn = Amount.Zero;
        foreach (GrantDraw draw in draws)
        {
            TakeFree(draw);
            GrantOf(draw.Grant).Held += draw.Amount;
            hold.Draws.Add(draw);
            drawn += draw.Amount;
        }

        Ensure(drawn == amount, "A hold is the sum of its draws.");
        hold.Amount += amount;
        Available -= amount;
        Held += amount;
    }

    private void Capture(HoldCaptured captured)
    {
        Hold hold = HoldOf(captured.Id);
        Amount rest = captured.Amount;
        while (!rest.IsZero)
        {
            Ensure(hold.Draws.Count > 0, "A capture takes no more than what is held.");
            GrantDraw draw = hold.Draws[0];
            Amount part = Amount.Min(rest, draw.Amount);
            Grant grant = GrantOf(draw.Grant);
            grant.Held -= part;
            Ensure(!grant.Held.IsNegative, "No grant goes below zero.");
            rest -= part;
            if (part == draw.Amount)
                hold.Draws.RemoveAt(0);
            else
                hold.Draws[0] = draw with { Amount = draw.Amount - part };
        }

        hold.Captured += captured.Amount;
        Held -= captured.Amount;
        Burned += captured.Amount;
        RemoveEmptyGrants();
    }

    private void Close(HoldClosed closed, Instant at)
    {
        Hold hold = HoldOf(closed.Id);
        Ensure(hold.State == HoldState.Pending && hold.Remaining == closed.Returned, "A pending hold closes with its whole rest.");
        foreach (GrantDraw draw in hold.Draws)
        {
            Grant grant = GrantOf(draw.Grant);
            grant.Held -= draw.Amount;
            grant.Free += draw.Amount;
        }

        hold.Draws.Clear();
        hold.State = closed.State;
        hold.ClosedAt = at;
        records.PendingHolds.Remove(hold);
        nextDue = null;
        Held -= closed.Returned;
        Available += closed.Returned;
        RemoveEmptyGrants();
    }

    private void Remove(CreditsRemoved removed)
    {
        foreach (GrantDraw draw in removed.Draws)
            TakeFree(draw);
        Available -= removed.Amount;
        Expired += removed.Amount;
        RemoveEmptyGrants();
    }

    private void Request(TopUpRequested requested, Instant at)
    {
        Own().TopUps.Add(requested.Number, new TopUp { Number = requested.Number, Amount = requested.Amount, CreatedAt = at });
        TopUpCount = requested.Number;
        TopUpsThatDay = requested.Day == TopUpDay ? TopUpsThatDay + 1 : 1;
        TopUpDay = requested.Day;
        PendingTopUps++;
    }

    private void Close(TopUpClosed closed, Instant at)
    {
        TopUp topUp = TopUps[closed.Number];
        topUp.State = closed.State;
        topUp.ClosedAt = at;
        PendingTopUps--;
    }

    private Grant TakeFree(GrantDraw draw)
    {
        Grant grant = GrantOf(draw.Grant);
        grant.Free -= draw.Amount;
        Ensure(!grant.Free.IsNegative, "No grant goes below zero.");
        return grant;
    }

    private Grant GrantOf(long number)
    {
        if (front is not null && front.Number == number)
            return front;
        foreach (Grant grant in grants)
        {
            if (grant.Number == number)
                return grant;
        }

        throw new WalletInvariantException($"There is no grant {number}.");
    }

    private Hold HoldOf(string id) =>
        Holds.TryGetValue(id, out Hold? hold) ? hold : throw new WalletInvariantException($"There is no hold {id}.");

    private void RemoveEmptyGrants()
    {
        int empty = 0;
        foreach (Grant grant in grants)
        {
            if (!grant.IsEmpty)
                continue;
            empty++;
            if (grant.ExpiresAt is not null)
                nextDue = null;
        }

        if (empty > 0)
            grants = Array.FindAll(grants, grant => !grant.IsEmpty);
        front = grants.Length == 0 ? null : grants[0];
    }

    private WalletRecords Own() => records == WalletRecords.None ? records = new WalletRecords() : records;

    private LedgerStamp Stamp(Amount before, bool hasEntry)
    {
        Ensure(!Available.IsNegative && !Held.IsNegative, "No balance goes below zero.");
        Ensure(
            Available.Nanos + Held.Nanos + Burned.Nanos + Expired.Nanos == Granted.Nanos + Overage.Nanos,
            "available + held + burned + expired = granted + overage");
        if (!hasEntry)
        {
            Ensure(before == Available, "Only ledger entries change the balance.");
            return default;
        }

        LedgerEntries++;
        return new LedgerStamp(LedgerEntries, before, Available);
    }

    private static void Ensure(bool holds, string invariant)
    {
        if (!holds)
            throw new WalletInvariantException(invariant);
    }
}

/// <summary>An invariant of a wallet does not hold: a bug or broken data. The partition is dropped and replayed.</summary>
public sealed class WalletInvariantException(string invariant) : Exception(invariant);
