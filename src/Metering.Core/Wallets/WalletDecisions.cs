using System.Diagnostics.CodeAnalysis;
using Metering.Core.Money;
using Metering.Core.Time;
using Metering.Core.Usage;

namespace Metering.Core.Wallets;

/// <summary>Bounds of a wallet and what it needs to know of its customer's day.</summary>
/// <param name="At">When the decision is made.</param>
/// <param name="DayStart">The start of the customer's day.</param>
/// <param name="Bounds">How much a wallet may keep.</param>
public readonly record struct WalletContext(Instant At, Instant DayStart, WalletBounds Bounds);

/// <summary>How much a wallet may keep, and for how long.</summary>
/// <param name="ItemsMax">Grants and pending holds it may have, each; also how many closed holds are still shown.</param>
/// <param name="AnswersMax">Remembered answers it may have.</param>
/// <param name="AnswersFor">How long an answer is remembered.</param>
public readonly record struct WalletBounds(int ItemsMax, int AnswersMax, TimeSpan AnswersFor);

/// <summary>
/// Decides wallet commands: looks at the wallet, and where the answer is yes applies and journals what follows, all in one step.
/// </summary>
public static class WalletDecisions
{
    /// <summary>Decides a command; one with an idempotency key that is remembered gets the first answer again.</summary>
    public static WalletResult Execute(Wallet wallet, WalletCommand command, WalletContext context, IWalletJournal journal)
    {
        if (TryReplay(wallet, command, context, out WalletResult? first))
            return first;
        WalletResult result = command switch
        {
            GrantCredits grant => Grant(wallet, grant, context, journal),
            CreateHold create => Create(wallet, create, context, journal),
            RaiseHold raise => Raise(wallet, raise, context, journal),
            CaptureHold capture => Capture(wallet, capture, context, journal),
            ReleaseHold release => Release(wallet, release, context, journal),
            SetAutoTopUp set => Set(wallet, new AutoTopUpView(set.Threshold, set.Amount, set.MaxPerDay, set.Trust), context, journal),
            RemoveAutoTopUp => Set(wallet, null, context, journal),
            SetLowBalance low => SetLow(wallet, low.Threshold, context, journal),
            ConfirmTopUp confirm => CloseTopUp(wallet, confirm.Id, TopUpState.Confirmed, context, journal),
            FailTopUp fail => CloseTopUp(wallet, fail.Id, TopUpState.Failed, context, journal),
            AdjustCredits adjust => Adjust(wallet, adjust, context, journal),
            _ => throw new ArgumentException($"A wallet cannot decide {command.GetType().Name}.", nameof(command)),
        };
        return Remember(wallet, command, result, context, journal);
    }

    /// <summary>Finds the first answer of a command that was sent before.</summary>
    public static bool TryReplay(
        Wallet wallet, WalletCommand command, WalletContext context, [NotNullWhen(true)] out WalletResult? result)
    {
        result = null;
        if (command.Idempotency is not { } idempotency)
            return false;
        if (!wallet.Answers.TryGetValue(idempotency.Key, out RememberedAnswer? first))
        {
            if (wallet.Answers.Count < context.Bounds.AnswersMax || wallet.ForgetAnswers(context.At - context.Bounds.AnswersFor) > 0)
                return false;
            result = Answer(wallet, WalletCode.TooMany, context);
            return true;
        }

        result = first.BodyDigest == idempotency.BodyDigest
            ? first.Result
            : Answer(wallet, WalletCode.IdempotencyKeyReused, context);
        return true;
    }

    /// <summary>Journals an answer under the command's idempotency key, where it has one.</summary>
    public static WalletResult Remember(
        Wallet wallet, WalletCommand command, WalletResult result, WalletContext context, IWalletJournal journal)
    {
        if (command.Idempotency is { } idempotency)
            Happen(wallet, new AnswerRemembered(idempotency.Key, idempotency.BodyDigest, result), context, journal);
        return result;
    }

    /// <summary>An answer with the balances as they are.</summary>
    public static WalletResult Answer(
        Wallet wallet, WalletCode code, WalletContext context, HoldView? hold = null, GrantView? grant = null, TopUpView? topUp = null,
        AutoTopUpView? autoTopUp = null, EventCode eventCode = EventCode.Accepted, Amount credits = default) =>
        new(code, wallet.Available, wallet.Held, hold, grant, topUp, autoTopUp, eventCode, credits, context.At);

    /// <summary>Takes a part of a pending hold.</summary>
    public static void CaptureFrom(Wallet wallet, string holdId, Amount amount, WalletContext context, IWalletJournal journal)
    {
        if (!amount.IsZero)
            Happen(wallet, new HoldCaptured(holdId, amount), context, journal);
    }

    /// <summary>Ends a pending hold and gives its rest back; what belongs to expired grants ends.</summary>
    public static void CloseHold(Wallet wallet, string holdId, HoldState state, WalletContext context, IWalletJournal journal)
    {
        Happen(wallet, new HoldClosed(holdId, state, wallet.Holds[holdId].Remaining), context, journal);
        while (FirstExpiredWithCredits(wallet) is { } grant)
            Happen(wallet, new GrantExpired(grant.Number, grant.Free), context, journal);
    }

    /// <summary>Journals what of a wallet is due by now, in order of due time, then grants before holds, then number or id.</summary>
    /// <returns>False when nothing was due.</returns>
    public static bool RunNextDue(Wallet wallet, Instant due, WalletContext context, IWalletJournal journal)
    {
        Grant? grant = null;
        foreach (Grant candidate in wallet.Grants)
        {
            if (!candidate.HasExpired && candidate.ExpiresAt <= due && (grant is null || Precedes(candidate, grant)))
                grant = candidate;
        }

        Hold? hold = null;
        foreach (Hold candidate in wallet.PendingHolds)
        {
            if (candidate.ExpiresAt <= due && (hold is null || Precedes(candidate, hold)))
                hold = candidate;
        }

        if (grant is not null && (hold is null || grant.ExpiresAt <= hold.ExpiresAt))
            Happen(wallet, new GrantExpired(grant.Number, grant.Free), context, journal);
        else if (hold is not null)
            CloseHold(wallet, hold.Id, HoldState.Expired, context, journal);
        return grant is not null || hold is not null;
    }

    /// <summary>
    /// Asks for a top-up where one is set, due and allowed: <c>available</c> minus what the request has already promised is below the
    /// threshold, or <paramref name="refused"/> for lack of credits.
    /// </summary>
    /// <returns>Whether credits were added at once.</returns>
    public static bool TopUpIfNeeded(Wallet wallet, Amount promised, bool refused, WalletContext context, IWalletJournal journal)
    {
        if (wallet.AutoTopUp is not { } setting || !MayTopUp(wallet, context))
            return false;
        if (!refused && wallet.Available.Nanos - promised.Nanos >= setting.Threshold.Nanos)
            return false;
        long number = wallet.TopUpCount + 1;
        Happen(wallet, new TopUpRequested(number, setting.Amount, context.DayStart), context, journal);
        if (!setting.Trust)
            return false;
        Fulfil(wallet, wallet.TopUps[number], context, journal);
        return true;
    }

    /// <summary>
    /// Whether a top-up is set, none is pending, the day's allowance is not used up, and the wallet has room for its grant.
    /// </summary>
    public static bool MayTopUp(Wallet wallet, WalletContext context) =>
        wallet.AutoTopUp is { } setting && wallet.PendingTopUps == 0
        && (wallet.TopUpDay != context.DayStart || wallet.TopUpsThatDay < setting.MaxPerDay)
        && wallet.Granted.TryAdd(setting.Amount, out _) && wallet.Grants.Count < context.Bounds.ItemsMax;

    private static WalletResult Grant(Wallet wallet, GrantCredits command, WalletContext context, IWalletJournal journal)
    {
        if (!wallet.Granted.TryAdd(command.Amount, out _))
            return Answer(wallet, WalletCode.OutOfRange, context);
        if (command.ExpiresAt <= context.At)
            return Answer(wallet, WalletCode.AlreadyExpired, context);
        if (wallet.Grants.Count >= context.Bounds.ItemsMax)
            return Answer(wallet, WalletCode.TooMany, context);
        GrantView grant = Add(
            wallet, command.Amount, command.Kind, command.Priority, command.ExpiresAt, command.Reason,
            GrantOrigin.Operator, context, journal);
        return Answer(wallet, WalletCode.Done, context, grant: grant);
    }

    private static GrantView Add(
        Wallet wallet, Amount amount, GrantKind kind, int priority, Instant? expiresAt, string reason,
        GrantOrigin origin, WalletContext context, IWalletJournal journal)
    {
        long number = wallet.GrantCount + 1;
        Happen(wallet, new GrantAdded(number, amount, kind, priority, expiresAt, reason, origin), context, journal);
        return wallet.Grants.First(grant => grant.Number == number).ToView();
    }

    private static WalletResult Create(Wallet wallet, CreateHold command, WalletContext context, IWalletJournal journal)
    {
        long number = wallet.HoldCount + 1;
        string id = command.Id ?? WalletIds.Hold(number);
        while (command.Id is null && wallet.Holds.ContainsKey(id))
            id = WalletIds.Hold(++number);
        if (wallet.Holds.TryGetValue(id, out Hold? existing))
            return Answer(wallet, WalletCode.HoldExists, context, existing.ToView());
        if (command.Amount > wallet.Available)
            TopUpIfNeeded(wallet, Amount.Zero, refused: true, context, journal);
        if (command.Amount > wallet.Available)
            return Answer(wallet, WalletCode.InsufficientCredits, context);
        if (wallet.PendingHolds.Count >= context.Bounds.ItemsMax)
            return Answer(wallet, WalletCode.TooMany, context);
        long counted = command.Id is null ? number : wallet.HoldCount;
        Happen(
            wallet, new HoldCreated(id, counted, command.Amount, context.At + command.TimeToLive, Draws(wallet, command.Amount)),
            context, journal);
        TopUpIfNeeded(wallet, Amount.Zero, refused: false, context, journal);
        return Answer(wallet, WalletCode.Done, context, wallet.Holds[id].ToView());
    }

    private static WalletResult Raise(Wallet wallet, RaiseHold command, WalletContext context, IWalletJournal journal)
    {
        if (!TryFindPending(wallet, command.Id, context, out Hold? hold, out WalletResult? refusal))
            return refusal;
        if (command.By > wallet.Available)
            TopUpIfNeeded(wallet, Amount.Zero, refused: true, context, journal);
        if (command.By > wallet.Available)
            return Answer(wallet, WalletCode.InsufficientCredits, context, hold.ToView());
        Happen(wallet, new HoldRaised(command.Id, command.By, Draws(wallet, command.By)), context, journal);
        TopUpIfNeeded(wallet, Amount.Zero, refused: false, context, journal);
        return Answer(wallet, WalletCode.Done, context, hold.ToView());
    }

    private static WalletResult Capture(Wallet wallet, CaptureHold command, WalletContext context, IWalletJournal journal)
    {
        if (!TryFindPending(wallet, command.Id, context, out Hold? hold, out WalletResult? refusal))
            return refusal;
        if (command.Amount > hold.Remaining)
            return Answer(wallet, WalletCode.ExceedsHold, context, hold.ToView());
        if (!wallet.Burned.TryAdd(command.Amount, out _))
            return Answer(wallet, WalletCode.OutOfRange, context, hold.ToView());
        CaptureFrom(wallet, command.Id, command.Amount, context, journal);
        if (command.Close)
            CloseHold(wallet, command.Id, HoldState.Captured, context, journal);
        return Answer(wallet, WalletCode.Done, context, hold.ToView(), credits: command.Amount);
    }

    private static WalletResult Release(Wallet wallet, ReleaseHold command, WalletContext context, IWalletJournal journal)
    {
        if (!TryFindPending(wallet, command.Id, context, out Hold? hold, out WalletResult? refusal))
            return refusal;
        CloseHold(wallet, command.Id, HoldState.Released, context, journal);
        return Answer(wallet, WalletCode.Done, context, hold.ToView());
    }

    private static WalletResult Set(Wallet wallet, AutoTopUpView? setting, WalletContext context, IWalletJournal journal)
    {
        if (wallet.AutoTopUp != setting)
            Happen(wallet, new AutoTopUpChanged(setting), context, journal);
        TopUpIfNeeded(wallet, Amount.Zero, refused: false, context, journal);
        return Answer(wallet, WalletCode.Done, context, autoTopUp: setting);
    }

    private static WalletResult SetLow(Wallet wallet, Amount? threshold, WalletContext context, IWalletJournal journal)
    {
        if (wallet.LowBalance != threshold)
            Happen(wallet, new LowBalanceChanged(threshold), context, journal);
        return Answer(wallet, WalletCode.Done, context);
    }

    private static WalletResult CloseTopUp(
        Wallet wallet, string id, TopUpState state, WalletContext context, IWalletJournal journal)
    {
        TopUp? topUp = wallet.TopUps.Values.FirstOrDefault(candidate => WalletIds.TopUp(candidate.Number) == id);
        if (topUp is null)
            return Answer(wallet, WalletCode.TopUpNotFound, context);
        if (topUp.State != TopUpState.Pending)
            return Answer(wallet, WalletCode.TopUpClosed, context, topUp: topUp.ToView());
        if (state == TopUpState.Failed)
            Happen(wallet, new TopUpClosed(topUp.Number, state), context, journal);
        else if (wallet.Granted.TryAdd(topUp.Amount, out _))
            Fulfil(wallet, topUp, context, journal);
        else
            return Answer(wallet, WalletCode.OutOfRange, context, topUp: topUp.ToView());
        return Answer(wallet, WalletCode.Done, context, topUp: topUp.ToView());
    }

    private static void Fulfil(Wallet wallet, TopUp topUp, WalletContext context, IWalletJournal journal)
    {
        Happen(wallet, new TopUpClosed(topUp.Number, TopUpState.Confirmed), context, journal);
        Add(
            wallet, topUp.Amount, GrantKind.Paid, DefaultPriority, null, $"Top-up {WalletIds.TopUp(topUp.Number)}",
            GrantOrigin.TopUp, context, journal);
    }

    private static WalletResult Adjust(Wallet wallet, AdjustCredits command, WalletContext context, IWalletJournal journal)
    {
        if (!command.By.IsNegative)
        {
            if (!wallet.Granted.TryAdd(command.By, out _))
                return Answer(wallet, WalletCode.OutOfRange, context);
            if (wallet.Grants.Count >= context.Bounds.ItemsMax)
                return Answer(wallet, WalletCode.TooMany, context);
            GrantView grant = Add(
                wallet, command.By, GrantKind.Promotional, DefaultPriority, null, command.Reason, GrantOrigin.Adjustment, context, journal);
            return Answer(wallet, WalletCode.Done, context, grant: grant);
        }

        Amount amount = -command.By;
        if (amount > wallet.Available)
            return Answer(wallet, WalletCode.InsufficientCredits, context);
        Happen(wallet, new CreditsRemoved(amount, Draws(wallet, amount), command.Reason), context, journal);
        TopUpIfNeeded(wallet, Amount.Zero, refused: false, context, journal);
        return Answer(wallet, WalletCode.Done, context);
    }

    /// <summary>The priority of a grant that names none.</summary>
    public const int DefaultPriority = 50;

    private static bool TryFindPending(
        Wallet wallet, string id, WalletContext context, [NotNullWhen(true)] out Hold? hold,
        [NotNullWhen(false)] out WalletResult? refusal)
    {
        refusal = !wallet.Holds.TryGetValue(id, out hold) ? Answer(wallet, WalletCode.HoldNotFound, context)
            : hold.State != HoldState.Pending ? Answer(wallet, WalletCode.HoldClosed, context, hold.ToView())
            : null;
        return refusal is null;
    }

    private static List<GrantDraw> Draws(Wallet wallet, Amount amount)
    {
        var draws = new List<GrantDraw>(1);
        wallet.PlanDraws(amount, draws);
        return draws;
    }

    private static void Happen(Wallet wallet, WalletEvent change, WalletContext context, IWalletJournal journal) =>
        journal.Append(change, wallet.Apply(change, context.At));

    private static Grant? FirstExpiredWithCredits(Wallet wallet)
    {
        foreach (Grant grant in wallet.Grants)
        {
            if (grant.HasExpired && !grant.Free.IsZero)
                return grant;
        }

        return null;
    }

    private static bool Precedes(Grant grant, Grant other) =>
        grant.ExpiresAt != other.ExpiresAt ? grant.ExpiresAt < other.ExpiresAt : grant.Number < other.Number;

    private static bool Precedes(Hold hold, Hold other) =>
        hold.ExpiresAt != other.ExpiresAt ? hold.ExpiresAt < other.ExpiresAt : string.CompareOrdinal(hold.Id, other.Id) < 0;
}
