using Metering.Core.Time;

namespace Metering.Core.Wallets;

/// <content>How long a wallet remembers what is over.</content>
public sealed partial class Wallet
{
    /// <summary>
    /// Forgets answers and closed holds and top-ups that are past their retention, and of the closed holds all but the newest
    /// <paramref name="closedMax"/>. Not journaled: what is forgotten decides nothing.
    /// </summary>
    public void Forget(Instant closedBefore, int closedMax, Instant answeredBefore)
    {
        if (records == WalletRecords.None)
            return;
        ForgetAnswers(answeredBefore);
        RemoveWhere(records.Holds, hold => hold.ClosedAt < closedBefore);
        RemoveWhere(records.TopUps, topUp => topUp.ClosedAt < closedBefore);
        int tooMany = Holds.Count - PendingHolds.Count - closedMax;
        if (tooMany <= 0)
            return;
        IEnumerable<Hold> oldest = Holds.Values.Where(hold => hold.State != HoldState.Pending)
            .OrderBy(hold => hold.ClosedAt).ThenBy(hold => hold.Id, StringComparer.Ordinal).Take(tooMany);
        foreach (Hold hold in oldest.ToArray())
            records.Holds.Remove(hold.Id);
    }

    /// <summary>Forgets answers from before a time.</summary>
    /// <returns>How many.</returns>
    internal int ForgetAnswers(Instant before)
    {
        int count = Answers.Count;
        RemoveWhere(records.Answers, answer => answer.Result.At < before);
        return count - Answers.Count;
    }

    private static void RemoveWhere<TKey, TValue>(Dictionary<TKey, TValue> items, Func<TValue, bool> gone)
        where TKey : notnull
    {
        foreach ((TKey key, TValue value) in items)
        {
            if (gone(value))
                items.Remove(key);
        }
    }
}
