using System.Collections.Immutable;
using System.Numerics;
using System.Text;
using Metering.Core.Time;
using Metering.Core.Wallets;
using Metering.Grid.Directory;
using Metering.Grid.Ingest;
using Metering.Grid.Journal;
using Metering.Grid.Projects;
using Metering.Simulation.Load;

namespace Metering.Simulation.Judging;

/// <summary>A customer as the journal tells it: a snapshot after every entry, and every rule checked at every entry.</summary>
internal sealed class CustomerModel
{
    private readonly Action<string> fault;
    private readonly WalletModel wallet;
    private readonly List<Unpaid> unpaid = [];
    private readonly List<(string Project, string Meter, PeriodKind Kind, int Threshold)> expectedAlerts = [];
    private readonly HashSet<(string, string, PeriodKind, Instant, int)> raised = [];
    private readonly Dictionary<UInt128, List<JournaledAnswer>> answers = [];
    private CustomerStatus status;
    private ImmutableDictionary<string, ProjectState> projects = ImmutableDictionary<string, ProjectState>.Empty;
    private WalletState walletState;

    public CustomerModel(string id, Action<string> report)
    {
        Id = id;
        fault = message => report($"{id}: {message}");
        wallet = new WalletModel(fault);
        walletState = wallet.State();
        Snapshots.Add(new Snapshot(-1, CustomerStatus.Active, walletState, projects));
    }

    public string Id { get; }

    public List<Snapshot> Snapshots { get; } = [];

    public Dictionary<(string Customer, string Source, string Id), List<JournaledEvent>> Events { get; } = [];

    public IReadOnlyDictionary<string, int> Effects => wallet.Effects;

    public List<string> Trace { get; } = [];

    public IReadOnlyList<JournaledAnswer> AnswersTo(UInt128 key) => answers.GetValueOrDefault(key) ?? [];

    /// <summary>The last snapshot that was durable at a step.</summary>
    public int DurableAt(long step)
    {
        int index = Snapshots.FindLastIndex(snapshot => snapshot.Committed <= step);
        return Math.Max(0, index);
    }

    /// <summary>Takes the entry that the reader stands at.</summary>
    public void Apply(GroupReader entry, long committed, IReadOnlyDictionary<((string, string, string), ulong), SentEvent> sent,
        TimeSpan horizon)
    {
        if (entry.Kind != EntryKind.AlertRaised && expectedAlerts.Count > 0)
        {
            fault($"no alert for {string.Join(", ", expectedAlerts)}");
            expectedAlerts.Clear();
        }

        switch (entry.Kind)
        {
            case EntryKind.Event:
                Count(entry, committed, sent, horizon);
                break;
            case EntryKind.Wallet:
                Pay(entry.Wallet, entry, committed);
                break;
            case EntryKind.CustomerOpened or EntryKind.StatusChanged:
                Require(entry.Kind == EntryKind.StatusChanged || Snapshots.Count == 1, "opened twice");
                status = entry.Status;
                break;
            case >= EntryKind.InvoiceIssued:
                break;
            default:
                ApplyProject(entry);
                break;
        }

        Snapshots.Add(new Snapshot(committed, status, walletState, projects));
        Trace.Add($"{Snapshots.Count - 1} [{committed}] group {entry.Sequence} {entry.At} {entry.Kind} {Describe(entry)}");
    }

    /// <summary>At the end of a group everything counted must be paid.</summary>
    public void EndGroup()
    {
        Require(unpaid.Count == 0, "an event is counted and not paid");
        Require(expectedAlerts.Count == 0, $"no alert for {string.Join(", ", expectedAlerts)}");
        unpaid.Clear();
        expectedAlerts.Clear();
    }

    private static string Describe(GroupReader entry) => entry.Kind switch
    {
        EntryKind.Event => $"{entry.SourceText}/{Encoding.UTF8.GetString(entry.Id)} {entry.ProjectId} {entry.Credits}",
        EntryKind.Wallet => $"{entry.Wallet} {entry.Stamp}",
        EntryKind.PlanChanged or EntryKind.ProjectOpened => $"{entry.ProjectId} {entry.Plan} {entry.PlanVersion} {entry.When}",
        EntryKind.LimitOpened => $"{entry.ProjectId} {entry.Meter} {entry.Period}",
        EntryKind.PeriodOpened => $"{entry.ProjectId} {entry.Period}",
        EntryKind.AlertRaised => $"{entry.ProjectId} {entry.Meter} {entry.Threshold} {entry.Used}",
        _ => "",
    };

    private void Count(
        GroupReader entry, long committed, IReadOnlyDictionary<((string, string, string), ulong), SentEvent> sent, TimeSpan horizon)
    {
        var identity = (Id, entry.SourceText, Encoding.UTF8.GetString(entry.Id));
        if (!sent.TryGetValue((identity, entry.Digest), out SentEvent? original))
        {
            fault($"the journal has an event {identity} that nobody sent so");
            return;
        }

        Require(status != CustomerStatus.Suspended, "an event is counted while the customer is suspended");
        Require(Matches(entry, original), $"event {original} is journaled with other values");
        if (!Events.TryGetValue(identity, out List<JournaledEvent>? copies))
            Events.Add(identity, copies = []);
        if (copies.Count > 0 && entry.At - copies[^1].At < horizon)
            fault($"event {identity} is counted twice, at {copies[^1].At} and {entry.At}");
        copies.Add(new JournaledEvent
        {
            Index = Snapshots.Count, At = entry.At, Credits = WalletModel.Nanos(entry.Credits), Digest = entry.Digest,
                Committed = committed,
        });
        ProjectState project = projects[entry.ProjectId];
        PlanSpec plan = PlanSpecs.Find(project.Plan, project.Version);
        PlanSpec prices = project.PricesAt(entry.Time);
        BigInteger price = Prices.Of(prices, original);
        Require(price == WalletModel.Nanos(entry.Credits),
            $"event {original} costs {entry.Credits}, it should {price} nano-credits on {prices.Id}");
        if (!price.IsZero)
        {
            BigInteger drawn = unpaid.Aggregate(BigInteger.Zero, (sum, each) => sum + each.Drawn);
            unpaid.Add(new Unpaid { Mode = plan.Mode, Spendable = wallet.Available - drawn, Credits = price });
        }

        (projects, List<(string, PeriodKind, int)> alerts) = Limits.Count(projects, entry, original, plan, fault);
        expectedAlerts.AddRange(alerts.Select(alert => (entry.ProjectId, alert.Item1, alert.Item2, alert.Item3)));
    }

    private static bool Matches(GroupReader entry, SentEvent original)
    {
        string model = "";
        bool same = entry.ProjectId == original.Project && entry.Shape.Type == original.Type
            && entry.Time == (original.Time ?? entry.At);
        for (int i = 0; i < entry.Shape.Properties.Length; i++)
        {
            PropertyValue value = entry.Values[i];
            if (entry.Shape.Properties[i] == "n")
                same &= value.Number == original.Quantity;
            else
                model = Encoding.UTF8.GetString(entry.Body.Slice(value.Text.Start, value.Text.Length));
        }

        return same && model == original.Model;
    }

    private void Pay(WalletEvent change, GroupReader entry, long committed)
    {
        if (change is AnswerRemembered remembered)
        {
            Remember(remembered, entry.At, committed);
            Require(unpaid.Count == 0, "an answer before its event is paid");
            return;
        }

        if (change is CreditsBurned burn)
            Settle(burn);
        else if (change is HoldCaptured captured && unpaid.Count > 0)
            CaptureFor(captured);
        else if (change is not (TopUpRequested or TopUpClosed or GrantAdded { Origin: GrantOrigin.TopUp }))
            Require(unpaid.Count == 0, $"{change.GetType().Name} before an event is paid");
        wallet.Apply(change, entry.Stamp, entry.At);
        walletState = wallet.State();
    }

    private void Remember(AnswerRemembered remembered, Instant at, long committed)
    {
        if (!answers.TryGetValue(remembered.Key, out List<JournaledAnswer>? known))
            answers.Add(remembered.Key, known = []);
        Require(known.Count == 0 || at - known[^1].At >= TimeSpan.FromHours(24), "an idempotency key is used twice within a day");
        known.Add(new JournaledAnswer(Snapshots.Count, remembered.BodyDigest, remembered.Result, at, committed));
    }

    private void Settle(CreditsBurned burn)
    {
        BigInteger total = unpaid.Aggregate(BigInteger.Zero, (sum, each) => sum + each.Credits);
        BigInteger drawn = unpaid.Aggregate(BigInteger.Zero, (sum, each) => sum + each.Drawn);
        Require(total == WalletModel.Nanos(burn.Total), $"burned {burn.Total}, the events cost {total} nano-credits");
        Require(total - drawn == WalletModel.Nanos(burn.Overage), $"overage {burn.Overage}, it should be {total - drawn} nano-credits");
        Require(
            unpaid.TrueForAll(each => each.Mode != Metering.Core.Catalog.WalletMode.Prepaid || each.Drawn == each.Credits),
            "a prepaid wallet is overdrawn");
        unpaid.Clear();
    }

    /// <summary>A hold pays for the one event that its capture carries, as far as it goes.</summary>
    private void CaptureFor(HoldCaptured captured)
    {
        Require(unpaid.Count == 1, "a hold pays for several events");
        unpaid[0].Credits -= WalletModel.Nanos(captured.Amount);
        Require(unpaid[0].Credits.Sign >= 0, "a hold pays more than the event costs");
        if (unpaid[0].Credits.IsZero)
            unpaid.Clear();
    }

    private void ApplyProject(GroupReader entry)
    {
        if (entry.Kind == EntryKind.AlertRaised)
        {
            Require(
                expectedAlerts.Remove((entry.ProjectId, entry.Meter, entry.PeriodKind, entry.Threshold)),
                $"an alert at {entry.Threshold} % of {entry.Meter} that nothing calls for");
            Require(
                raised.Add((entry.ProjectId, entry.Meter, entry.PeriodKind, entry.Period.Start, entry.Threshold)),
                $"the alert at {entry.Threshold} % of {entry.Meter} is raised twice in a period");
        }

        projects = Limits.ApplyProject(projects, entry, fault);
    }

    private void Require(bool holds, string otherwise)
    {
        if (!holds)
            fault(otherwise);
    }
}
