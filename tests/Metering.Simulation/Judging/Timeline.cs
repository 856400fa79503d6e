using System.Numerics;
using Metering.Core.Usage;
using Metering.Core.Wallets;
using Metering.Grid.Directory;
using Metering.Grid.Ingest;
using Metering.Grid.Projects;
using Metering.Simulation.Load;

namespace Metering.Simulation.Judging;

/// <summary>
/// Goes through what clients sent and were told, in the order in which it happened. Every answer must be explained by a moment of the
/// customer's journal that was durable when the answer left, and that is not before anything that any client had been told before this one
/// asked.
/// </summary>
internal sealed class Timeline(Cluster cluster, Workload workload, IReadOnlyDictionary<string, CustomerModel> customers,
    Action<string> report)
{
    private readonly Dictionary<string, int> seen = new(StringComparer.Ordinal);
    private readonly Dictionary<int, Dictionary<string, int>> seenBefore = [];

    public void Walk()
    {
        // At the same step a client has its answer before it asks the next thing.
        var moments = workload.Attempts.Where(attempt => attempt.Received > 0 && attempt.IsKnown)
            .Select(attempt => (Step: attempt.Received, Order: 0, Attempt: attempt))
            .Concat(workload.Attempts.Select(attempt => (Step: attempt.Invoked, Order: 1, Attempt: attempt)));
        foreach ((long _, int order, Attempt attempt) in moments.OrderBy(moment => (moment.Step, moment.Order, moment.Attempt.Number)))
        {
            if (order == 1)
                seenBefore[attempt.Number] = attempt.Customers.ToDictionary(id => id, id => seen.GetValueOrDefault(id));
            else
                Judge(attempt);
        }

        CheckEffects();
    }

    private void Judge(Attempt attempt)
    {
        switch (attempt.Answer)
        {
            case IngestAnswer { Status: IngestStatus.Decided } answer:
                new IngestCheck(attempt, answer, customers, cluster.Rules.DedupHorizon, report).Look(Low(attempt), See);
                break;
            case WalletResult result:
                JudgeCommand(attempt, result);
                break;
            case WalletView view:
                JudgeState(attempt, snapshot => Shows(snapshot, view));
                break;
            case ProjectView view:
                JudgeState(attempt, snapshot => Shows(snapshot, view, cluster.Directory.Projects[attempt.Project]));
                break;
            case CustomerStatus status:
                JudgeState(attempt, snapshot => snapshot.Status == status);
                break;
            case StatusSet set:
                JudgeState(attempt, snapshot => snapshot.Status == set.Status);
                break;
            default:
                break;
        }
    }

    private Dictionary<string, int> Low(Attempt attempt) => seenBefore[attempt.Number];

    private void See(string customer, int index) => seen[customer] = Math.Max(seen.GetValueOrDefault(customer), index);

    private void JudgeState(Attempt attempt, Func<Snapshot, bool> explains)
    {
        CustomerModel customer = customers[attempt.Customer];
        // Nothing runs beside an audit: it must show everything that is durable.
        int low = attempt.Route.StartsWith("auditor", StringComparison.Ordinal)
            ? customer.DurableAt(attempt.Invoked) : Low(attempt)[customer.Id];
        int high = customer.DurableAt(attempt.Left);
        int index = low <= high ? customer.Snapshots.FindIndex(low, high - low + 1, snapshot => explains(snapshot)) : -1;
        if (index < 0)
        {
            report($"{customer.Id}: no moment of the journal from {low} to {high} explains {attempt}");
            return;
        }

        See(customer.Id, index);
    }

    private void JudgeCommand(Attempt attempt, WalletResult result)
    {
        CustomerModel customer = customers[attempt.Customer];
        int low = Low(attempt)[customer.Id];
        int high = customer.DurableAt(attempt.Left);
        if (attempt.Command!.Idempotency is { } key && result.Code != WalletCode.IdempotencyKeyReused)
        {
            JournaledAnswer? known = customer.AnswersTo(key.Key)
                .LastOrDefault(each => each.BodyDigest == key.BodyDigest && each.Result == result && each.Committed <= attempt.Left);
            if (known is null)
                report($"{customer.Id}: the answer of {attempt} is not the one in the journal");
            else
                See(customer.Id, known.Index);
            return;
        }

        if (attempt.Command.Idempotency is { } reused && !customer.AnswersTo(reused.Key).Any(each => each.BodyDigest != reused.BodyDigest))
            report($"{customer.Id}: no other body was sent with the key of {attempt}");
        int index = low <= high
            ? customer.Snapshots.FindIndex(low, high - low + 1, snapshot => snapshot.Wallet.Available == WalletModel.Nanos(result.Available)
                && snapshot.Wallet.Held == WalletModel.Nanos(result.Held))
            : -1;
        if (index < 0)
            report($"{customer.Id}: no moment of the journal from {low} to {high} explains {attempt}");
        else
            See(customer.Id, index);
    }

    private static bool Shows(Snapshot snapshot, WalletView view)
    {
        WalletState wallet = snapshot.Wallet;
        return wallet.Ledger == view.LedgerEntries && wallet.Available == WalletModel.Nanos(view.Available)
            && wallet.Held == WalletModel.Nanos(view.Held) && wallet.Burned == WalletModel.Nanos(view.Burned)
            && wallet.Expired == WalletModel.Nanos(view.Expired) && wallet.Granted == WalletModel.Nanos(view.Granted)
            && wallet.Overage == WalletModel.Nanos(view.Overage) && wallet.Items == WalletModel.Describe(view);
    }

    private static bool Shows(Snapshot snapshot, ProjectView view, ProjectEntry entry)
    {
        if (!snapshot.Projects.TryGetValue(view.ProjectId, out ProjectState? project))
            return view.Plan == entry.Record.Plan && view.PlanVersion == entry.Record.PlanVersion
                && view.Limits.All(limit => limit.Used.IsZero);
        if (view.Plan != project.Plan || view.PlanVersion != project.Version || view.NextPlan != project.Next
            || view.NextPlanVersion != project.NextVersion)
            return false;
        return view.Limits.All(limit =>
            (project.Counters.TryGetValue((limit.Meter, limit.Period), out CounterState? counter)
                && counter.Period.Start == limit.PeriodStart
                ? counter.Used
                : BigInteger.Zero) == WalletModel.Nanos(limit.Used));
    }

    /// <summary>Every command took effect as often as it was decided, and no more.</summary>
    private void CheckEffects()
    {
        foreach (var same in workload.Attempts.Where(attempt => attempt.Command is not null).GroupBy(attempt => attempt.Command!))
        {
            if (EffectOf(same.Key) is not { } effect)
                continue;
            CustomerModel customer = customers[same.First().Customer];
            int happened = customer.Effects.GetValueOrDefault(effect);
            if (same.Key.Idempotency is { } key)
            {
                int decided = customer.AnswersTo(key.Key).Count(each => each.BodyDigest == key.BodyDigest
                    && each.Result.Code == WalletCode.Done);
                if (decided != happened)
                    report($"{customer.Id}: '{effect}' is decided {decided} times and happened {happened} times: {same.First()}");
            }
            else
            {
                bool done = same.Any(attempt => attempt.Answer is WalletResult { Code: WalletCode.Done });
                bool unknown = same.Any(attempt => !attempt.IsKnown);
                if (happened > 1 || (done && happened == 0) || (happened == 1 && !done && !unknown))
                    report($"{customer.Id}: '{effect}' happened {happened} times: {same.First()}");
            }
        }
    }

    private static string? EffectOf(WalletCommand command) => command switch
    {
        GrantCredits grant => $"grant {grant.Reason}",
        AdjustCredits { By.IsNegative: false } adjust => $"add {adjust.Reason}",
        AdjustCredits adjust => $"remove {adjust.Reason}",
        CreateHold create => $"hold {create.Amount}",
        RaiseHold raise => $"raise {raise.By}",
        CaptureHold capture => $"capture {capture.Amount}",
        _ => null,
    };
}
