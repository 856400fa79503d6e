using System.Numerics;
using Metering.Core.Money;
using Metering.Core.Time;
using Metering.Core.Wallets;

namespace Metering.Simulation.Judging;

/// <summary>A wallet as the journal tells it, worked out in another way than the product's: every rule is checked at every entry.</summary>
internal sealed class WalletModel(Action<string> fault)
{
    private readonly Dictionary<long, GrantState> grants = [];
    private readonly Dictionary<string, HoldModel> holds = new(StringComparer.Ordinal);
    private readonly Dictionary<long, bool> topUps = [];
    private readonly Dictionary<Instant, int> topUpsByDay = [];
    private BigInteger burned;
    private BigInteger expired;
    private BigInteger granted;
    private BigInteger overage;
    private long ledger;
    private AutoTopUpView? autoTopUp;

    /// <summary>How often each thing that a command names has happened.</summary>
    public Dictionary<string, int> Effects { get; } = new(StringComparer.Ordinal);

    public BigInteger Available => Sum(grants.Values.Select(grant => grant.Free));

    public static BigInteger Nanos(Amount amount) => (BigInteger)amount.Nanos;

    public void Apply(WalletEvent change, LedgerStamp stamp, Instant at)
    {
        BigInteger before = Available;
        switch (change)
        {
            case GrantAdded added:
                Add(added);
                break;
            case GrantExpired ended:
                Expire(ended, at);
                break;
            case CreditsBurned burn:
                Require(Nanos(burn.Total) == Draw(burn.Draws, at) + Nanos(burn.Overage), "a burn is not the sum of its draws and overage");
                burned += Nanos(burn.Total);
                overage += Nanos(burn.Overage);
                break;
            case HoldCreated created:
                Count("hold", created.Amount);
                // Closed for long enough, a hold is forgotten and its id is free again.
                Require(!IsPending(created.Id), $"hold {created.Id} is created twice");
                holds[created.Id] = new HoldModel { ExpiresAt = created.ExpiresAt };
                SetAside(created.Id, created.Amount, created.Draws, at);
                break;
            case HoldRaised raised:
                Count("raise", raised.By);
                SetAside(raised.Id, raised.By, raised.Draws, at);
                break;
            case HoldCaptured captured:
                Count("capture", captured.Amount);
                Capture(captured, at);
                break;
            case HoldClosed closed:
                Close(closed, at);
                break;
            case CreditsRemoved removed:
                Count("remove " + removed.Reason, Amount.Zero);
                expired += Draw(removed.Draws, at);
                break;
            case AutoTopUpChanged changed:
                autoTopUp = changed.Setting;
                break;
            case TopUpRequested requested:
                Request(requested);
                break;
            case TopUpClosed closed:
                Require(topUps.Remove(closed.Number), "a top-up closes twice");
                break;
            default:
                break;
        }

        CheckLedger(change, stamp, before);
        CheckTotals();
    }

    public WalletState State() => new(
        Available, Held, burned, expired, granted, overage, ledger, autoTopUp is not null,
        Describe(
            grants.Values.Where(grant => grant.Free + grant.Held > 0)
                .Select(grant => $"{WalletIds.Grant(grant.Number)} {grant.Free} {grant.Held}"),
            holds.Where(hold => hold.Value.IsPending).Select(hold => $"{hold.Key} {hold.Value.Rest}"),
            topUps.Keys.Select(WalletIds.TopUp)));

    /// <summary>The same words for what the product shows.</summary>
    public static string Describe(WalletView view) => Describe(
        view.Grants.Select(grant => $"{grant.Id} {grant.Remaining.Nanos} {grant.Held.Nanos}"),
        view.Holds.Select(hold => $"{hold.Id} {hold.Remaining.Nanos}"),
        view.TopUps.Select(topUp => topUp.Id));

    private bool IsPending(string hold) => holds.TryGetValue(hold, out HoldModel? found) && found.IsPending;

    private static string Describe(IEnumerable<string> grants, IEnumerable<string> holds, IEnumerable<string> topUps) =>
        string.Join(" | ", string.Join(", ", grants.Order(StringComparer.Ordinal)), string.Join(", ", holds.Order(StringComparer.Ordinal)),
            string.Join(", ", topUps.Order(StringComparer.Ordinal)));

    private BigInteger Held => Sum(grants.Values.Select(grant => grant.Held));

    private static BigInteger Sum(IEnumerable<BigInteger> parts) => parts.Aggregate(BigInteger.Zero, (sum, part) => sum + part);

    private void Count(string what, Amount amount)
    {
        string key = amount.IsZero ? what : $"{what} {amount}";
        Effects[key] = Effects.GetValueOrDefault(key) + 1;
    }

    private void Add(GrantAdded added)
    {
        Count((added.Origin == GrantOrigin.Adjustment ? "add " : "grant ") + added.Reason, Amount.Zero);
        Require(
            grants.TryAdd(added.Number, new GrantState
            {
                Number = added.Number, Priority = added.Priority, ExpiresAt = added.ExpiresAt, Free = Nanos(added.Amount),
            }),
            $"grant {added.Number} twice");
        granted += Nanos(added.Amount);
    }

    private void Expire(GrantExpired ended, Instant at)
    {
        GrantState grant = grants[ended.Number];
        Require(grant.ExpiresAt <= at, $"grant {ended.Number} expires at {at}, before its time {grant.ExpiresAt}");
        Require(grant.Free == Nanos(ended.Amount), $"grant {ended.Number} expires with {ended.Amount} and has {grant.Free}");
        expired += grant.Free;
        grant.Free = 0;
    }

    /// <summary>Takes what was drawn, after seeing that it is what the order of consumption says.</summary>
    private BigInteger Draw(IReadOnlyList<GrantDraw> draws, Instant at)
    {
        BigInteger total = Sum(draws.Select(draw => Nanos(draw.Amount)));
        BigInteger rest = total;
        var expected = new List<(long, BigInteger)>();
        foreach (GrantState grant in grants.Values.Where(each => each.Free > 0)
            .OrderBy(each => each.Priority).ThenBy(each => each.ExpiresAt ?? Instant.MaxValue).ThenBy(each => each.Number))
        {
            BigInteger part = BigInteger.Min(rest, grant.Free);
            if (part.IsZero)
                break;
            expected.Add((grant.Number, part));
            rest -= part;
            grant.Free -= part;
            Require(grant.ExpiresAt is not { } ends || ends > at,
                $"credits of grant {grant.Number} are used at {at}, after {grant.ExpiresAt}");
        }

        Require(rest.IsZero, $"{rest} nano-credits more are taken than there are");
        Require(
            expected.SequenceEqual(draws.Select(draw => (draw.Grant, Nanos(draw.Amount)))),
            $"drawn {string.Join(", ", draws)}, the order of consumption says {string.Join(", ", expected)}");
        return total;
    }

    private void SetAside(string id, Amount amount, IReadOnlyList<GrantDraw> draws, Instant at)
    {
        HoldModel hold = Pending(id, at);
        Require(Draw(draws, at) == Nanos(amount), $"hold {id} is not the sum of its draws");
        foreach (GrantDraw draw in draws)
        {
            hold.Draws.Add((draw.Grant, Nanos(draw.Amount)));
            grants[draw.Grant].Held += Nanos(draw.Amount);
        }
    }

    private void Capture(HoldCaptured captured, Instant at)
    {
        HoldModel hold = Pending(captured.Id, at);
        BigInteger rest = Nanos(captured.Amount);
        Require(rest <= hold.Rest, $"hold {captured.Id} is captured beyond what it has");
        while (rest > 0 && hold.Draws.Count > 0)
        {
            (long grant, BigInteger amount) = hold.Draws[0];
            BigInteger part = BigInteger.Min(rest, amount);
            grants[grant].Held -= part;
            rest -= part;
            hold.Draws.RemoveAt(0);
            if (part < amount)
                hold.Draws.Insert(0, (grant, amount - part));
        }

        burned += Nanos(captured.Amount);
    }

    private void Close(HoldClosed closed, Instant at)
    {
        if (!holds.TryGetValue(closed.Id, out HoldModel? hold) || !hold.IsPending)
        {
            fault($"hold {closed.Id} closes twice");
            return;
        }

        if (closed.State == HoldState.Expired)
            Require(hold.ExpiresAt <= at, $"hold {closed.Id} expires before its time");
        Require(hold.Rest == Nanos(closed.Returned), $"hold {closed.Id} returns {closed.Returned} and has {hold.Rest}");
        foreach ((long grant, BigInteger amount) in hold.Draws)
        {
            grants[grant].Held -= amount;
            grants[grant].Free += amount;
        }

        hold.Draws.Clear();
        hold.IsPending = false;
    }

    private void Request(TopUpRequested requested)
    {
        Require(topUps.Count == 0, "a top-up while another one is pending");
        topUps.Add(requested.Number, true);
        int thatDay = topUpsByDay[requested.Day] = topUpsByDay.GetValueOrDefault(requested.Day) + 1;
        Require(autoTopUp is not null && thatDay <= autoTopUp.MaxPerDay, $"{thatDay} top-ups a day");
    }

    private HoldModel Pending(string id, Instant at)
    {
        HoldModel hold = holds[id];
        Require(hold.IsPending, $"hold {id} is used after its end");
        Require(hold.ExpiresAt > at, $"hold {id} is used at {at}, after {hold.ExpiresAt}");
        return hold;
    }

    private void CheckLedger(WalletEvent change, LedgerStamp stamp, BigInteger before)
    {
        if (change.Ledger is null)
        {
            Require(stamp.Number == 0 && before == Available, $"{change.GetType().Name} changes the balance without a ledger entry");
            return;
        }

        ledger++;
        Require(stamp.Number == ledger, $"ledger entry {stamp.Number} follows {ledger - 1}");
        Require(
            Nanos(stamp.Before) == before && Nanos(stamp.After) == Available,
            $"ledger entry {ledger} says {stamp.Before} to {stamp.After}, it was {before} to {Available} nano-credits");
    }

    private void CheckTotals()
    {
        Require(Available + Held + burned + expired == granted + overage, "available + held + burned + expired is not granted + overage");
        Require(Held == Sum(holds.Values.Select(hold => hold.Rest)), "held is not the sum of the holds");
        Require(grants.Values.All(grant => grant.Free >= 0 && grant.Held >= 0), "a grant is below zero");
    }

    private void Require(bool holdsTrue, string otherwise)
    {
        if (!holdsTrue)
            fault(otherwise);
    }
}
