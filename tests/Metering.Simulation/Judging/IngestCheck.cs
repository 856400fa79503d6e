using Metering.Core.Catalog;
using Metering.Core.Usage;
using Metering.Grid.Directory;
using Metering.Grid.Ingest;
using Metering.Simulation.Load;
using Metering.Simulation.Running;

namespace Metering.Simulation.Judging;

/// <summary>Judges the answer to one request of events.</summary>
internal sealed class IngestCheck(
    Attempt attempt, IngestAnswer answer, IReadOnlyDictionary<string, CustomerModel> customers, TimeSpan horizon, Action<string> report)
{
    private readonly Dictionary<string, int> least = new(StringComparer.Ordinal);

    /// <summary>Looks at every event and balance.</summary>
    /// <param name="seen">Of each customer, what somebody had been told before this was sent.</param>
    /// <param name="see">Receives, of each customer, what this answer tells at least.</param>
    public void Look(Dictionary<string, int> seen, Action<string, int> see)
    {
        var decided = new HashSet<string>();
        for (int i = 0; i < attempt.Events.Count; i++)
        {
            SentEvent sent = attempt.Events[i];
            EventResult result = answer.Results[i];
            if (result.Code == EventCode.Unavailable)
                continue;
            decided.Add(sent.Customer);
            Look(sent, result, customers[sent.Customer], seen[sent.Customer]);
        }

        foreach (string id in decided)
            LookAtBalance(customers[id], seen[id], see);
    }

    private void Look(SentEvent sent, EventResult result, CustomerModel customer, int low)
    {
        List<JournaledEvent> copies = customer.Events.GetValueOrDefault(sent.Identity) ?? [];
        JournaledEvent? found = copies.LastOrDefault(copy =>
            copy.Committed <= attempt.Left && copy.At == result.At && copy.Credits == WalletModel.Nanos(result.Credits));
        switch (result.Code)
        {
            case EventCode.Accepted:
                LookAtAccepted(sent, customer, found, low);
                break;
            case EventCode.Duplicate:
                if (found is null)
                    Report(customer, $"{sent} is called a duplicate of an event that the journal does not have");
                else if (result.Differs != (found.Digest != sent.Digest))
                    Report(customer, $"{sent}: differs is {result.Differs}");
                break;
            default:
                LookAtRefused(sent, result.Code, customer, copies, low);
                break;
        }

        if (found is not null && result.Code is EventCode.Accepted or EventCode.Duplicate)
            least[customer.Id] = Math.Max(least.GetValueOrDefault(customer.Id), found!.Index);
    }

    private void LookAtAccepted(SentEvent sent, CustomerModel customer, JournaledEvent? found, int low)
    {
        if (found is null || found.Digest != sent.Digest)
        {
            Report(customer, $"{sent} is called accepted and is not in the journal");
            return;
        }

        if (found.ClaimedBy >= 0)
            Report(customer, $"{sent} is called accepted twice, also in #{found.ClaimedBy}");
        found.ClaimedBy = attempt.Number;
        if (found.Index <= low)
            Report(customer, $"{sent} is called accepted and is older than what was known before");
    }

    private void LookAtRefused(SentEvent sent, EventCode code, CustomerModel customer, List<JournaledEvent> copies, int low)
    {
        int high = customer.DurableAt(attempt.Left);
        IEnumerable<Snapshot> moments = customer.Snapshots.Skip(low).Take(high - low + 1);
        if (code == EventCode.CustomerSuspended)
        {
            if (!moments.Any(moment => moment.Status == CustomerStatus.Suspended))
                Report(customer, $"{sent} is refused as of a suspended customer, who is not");
            return;
        }

        long latest = Instant(attempt.LatestClock);
        if (copies.Exists(copy => copy.Index <= low && copy.At.UnixMicroseconds + (horizon.Ticks / TimeSpan.TicksPerMicrosecond) > latest))
            Report(customer, $"{sent} is refused as {code} and was taken before");
        bool explained = code switch
        {
            EventCode.InsufficientCredits => moments.Any(moment => CannotPay(moment, sent)),
            EventCode.LimitExceeded => moments.Any(moment => IsPastLimit(moment, sent)),
            EventCode.UnknownMeter => sent.Type == "mystery",
            EventCode.TooOld or EventCode.InFuture => sent.Time is not null,
            _ => false,
        };
        if (!explained)
            Report(customer, $"{sent} is refused as {code} for no reason");
    }

    private static bool CannotPay(Snapshot moment, SentEvent sent) =>
        moment.Wallet.ToppedUp
        || (PlanOf(moment, sent) is { Mode: WalletMode.Prepaid } && moment.Wallet.Available < Prices.Of(PricesOf(moment, sent), sent));

    private static PlanSpec PricesOf(Snapshot moment, SentEvent sent) =>
        moment.Projects[sent.Project].PricesAt(sent.Time ?? Core.Time.Instant.MaxValue);

    private static bool IsPastLimit(Snapshot moment, SentEvent sent)
    {
        string meter = Limits.MeterOf(sent);
        return PlanOf(moment, sent) is { } plan && plan.Limits.Any(limit => limit.Hard && limit.Meter == meter
            && (moment.Projects.GetValueOrDefault(sent.Project)?.Counters.GetValueOrDefault((meter, limit.Period))?.Used ?? 0)
                + Limits.QuantityOf(sent) > limit.Max);
    }

    private static PlanSpec? PlanOf(Snapshot moment, SentEvent sent) =>
        moment.Projects.GetValueOrDefault(sent.Project) is { } project ? PlanSpecs.Find(project.Plan, project.Version) : null;

    private void LookAtBalance(CustomerModel customer, int low, Action<string, int> see)
    {
        CustomerBalance balance = answer.Balances.FirstOrDefault(each => each.CustomerId == customer.Id);
        if (balance.CustomerId is null)
        {
            Report(customer, $"no balance in {attempt}");
            return;
        }

        low = Math.Max(low, least.GetValueOrDefault(customer.Id));
        int high = customer.DurableAt(attempt.Left);
        int index = low <= high
            ? customer.Snapshots.FindIndex(low, high - low + 1, moment => moment.Wallet.Available == WalletModel.Nanos(balance.Available)
                && moment.Wallet.Held == WalletModel.Nanos(balance.Held))
            : -1;
        if (index < 0)
            Report(customer, $"no moment of the journal from {low} to {high} explains the balance {balance} of {attempt}");
        else
            see(customer.Id, index);
    }

    private static long Instant(long clock) =>
        Metering.Core.Time.Instant.FromDateTimeOffset(ProcessTime.Start.AddMicroseconds(clock)).UnixMicroseconds;

    private void Report(CustomerModel customer, string message) => report($"{customer.Id}: #{attempt.Number} {message}");
}
