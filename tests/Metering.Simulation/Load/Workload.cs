using Metering.Core.Money;
using Metering.Core.Time;
using Metering.Core.Wallets;
using Metering.Grid.Directory;
using Metering.Grid.Wallets;
using Metering.Simulation.Running;

namespace Metering.Simulation.Load;

/// <summary>What clients send, and everything they have sent and were told.</summary>
internal sealed class Workload(Cluster cluster)
{
    private readonly List<SentEvent> events = [];
    private readonly Dictionary<string, List<string>> holds = [];
    private int number;

    public List<Attempt> Attempts { get; } = [];

    /// <summary>Commands that are safe to send again.</summary>
    public List<SentCommand> Sent { get; } = [];

    private ProjectEntry[] Projects => [.. cluster.Directory.Projects.Values];

    private Instant Now => Instant.FromDateTimeOffset(ProcessTime.Start.AddMicroseconds(cluster.Scheduler.Now));

    public void Learn(string customer, string hold)
    {
        if (!holds.TryGetValue(customer, out List<string>? known))
            holds.Add(customer, known = []);
        if (!known.Contains(hold))
            known.Add(hold);
    }

    /// <summary>A request of events: new ones, some of long ago, some with another body, some twice in it.</summary>
    public IReadOnlyList<SentEvent> MakeEvents(Dice dice)
    {
        int count = dice.PerMille(500) ? 1 : (int)dice.Between(2, 8);
        ProjectEntry home = dice.Pick(Projects);
        var batch = new List<SentEvent>();
        for (int i = 0; i < count; i++)
        {
            int roll = dice.Below(100);
            if (roll < 12 && events.Count > 0)
                batch.Add(dice.Pick(events));
            else if (roll < 18 && events.Count > 0)
                batch.Add(events[Math.Max(0, events.Count - 1 - dice.Below(20))]);
            else if (roll < 22 && events.Count > 0)
                batch.Add(dice.Pick(events) with { Quantity = Amount.FromNanos(dice.Between(1, 9_000_000_000)) });
            else if (roll < 25 && batch.Count > 0)
                batch.Add(dice.Pick(batch));
            else
                batch.Add(MakeEvent(dice, dice.PerMille(600) ? home : dice.Pick(Projects)));
        }

        return batch;
    }

    public SentEvent MakeEvent(Dice dice, ProjectEntry project)
    {
        number++;
        string id = dice.PerMille(500) ? $"e{number}" : dice.Guid().ToString("D");
        string type = dice.PerMille(20) ? "mystery" : dice.PerMille(550) ? "tokens" : "call";
        long nanos = dice.PerMille(30) ? 0 : dice.PerMille(300) ? dice.Between(1, 20) * 1_000_000_000 : dice.Between(1, 20_000_000_000);
        Instant? time = null;
        if (dice.PerMille(250))
        {
            TimeSpan off = dice.PerMille(100) ? TimeSpan.FromHours(-3)
                : dice.PerMille(80) ? TimeSpan.FromHours(1) : TimeSpan.FromSeconds(dice.Between(-600, 120));
            time = Now + off;
        }

        var sent = new SentEvent(
            project.Customer.Id, project.Id, dice.PerMille(800) ? "app" : "gateway", id, type, Amount.FromNanos(nanos),
            dice.PerMille(400) ? "big" : $"m{dice.Below(4)}", time);
        events.Add(sent);
        return sent;
    }

    /// <summary>
    /// A command on a wallet. Reasons and the last digits of amounts name it, so that its effect can be found in the journal.
    /// </summary>
    public SentCommand MakeCommand(Dice dice)
    {
        CustomerEntry customer = dice.Pick(cluster.Directory.Customers);
        SentEvent? single = null;
        number++;
        int roll = dice.Below(100);
        IReadOnlyList<string> known = holds.TryGetValue(customer.Id, out List<string>? list) ? list : [];
        WalletCommand command;
        if (roll < 38 || (known.Count == 0 && roll is >= 55 and < 85))
        {
            Instant? expiry = dice.PerMille(500) ? null : Now + dice.Span(1_000_000, dice.PerMille(500) ? 60_000_000 : 10_000_000_000);
            command = new GrantCredits(
                Named(dice, 5, 120), (GrantKind)dice.Below(2), dice.Pick([0, 50, 50, 90]), expiry, $"cmd{number}");
        }
        else if (roll < 55)
        {
            string? id = dice.PerMille(700) ? $"h{number}" : null;
            command = new CreateHold(id, Named(dice, 1, 30), dice.Span(200_000, dice.PerMille(500) ? 5_000_000 : 900_000_000));
        }
        else if (roll < 85)
        {
            string id = dice.PerMille(700) ? known[^1] : dice.Pick(known);
            command = OnHold(dice, customer, id, roll, ref single);
        }
        else
        {
            command = Rarely(dice, roll);
        }

        if (dice.PerMille(800))
            command = command with { Idempotency = KeyFor(dice, customer) };
        return new SentCommand(customer, command, single);
    }

    private WalletCommand OnHold(Dice dice, CustomerEntry customer, string id, int roll, ref SentEvent? single)
    {
        if (roll < 62)
            return new RaiseHold(id, Named(dice, 1, 10));
        if (roll < 71)
            return new CaptureHold(id, Named(dice, 0, 12), dice.PerMille(300));
        if (roll < 80)
        {
            ProjectEntry[] own = [.. Projects.Where(project => project.Customer == customer)];
            single = dice.PerMille(100) && events.Find(sent => sent.Customer == customer.Id) is { } earlier ? earlier : MakeEvent(dice,
                dice.Pick(own));
            return new CaptureHoldForEvent(id, SentEvent.Batch([single], cluster.Directory), dice.PerMille(300));
        }

        return new ReleaseHold(id);
    }

    private WalletCommand Rarely(Dice dice, int roll)
    {
        if (roll < 90)
            return new AdjustCredits(dice.PerMille(500) ? Named(dice, 1, 20) : -Named(dice, 1, 20), $"cmd{number}");
        if (roll < 94)
            return new SetAutoTopUp(Named(dice, 1, 10), Named(dice, 5, 40), (int)dice.Between(1, 4), dice.PerMille(600));
        if (roll < 95)
            return new RemoveAutoTopUp();
        string id = WalletIds.TopUp(dice.Between(1, 4));
        return dice.PerMille(700) ? new ConfirmTopUp(id) : new FailTopUp(id);
    }

    private Amount Named(Dice dice, long least, long most) =>
        Amount.FromNanos((dice.Between(least * 1000, most * 1000) * 1_000_000) + number);

    private IdempotencyKey KeyFor(Dice dice, CustomerEntry customer)
    {
        SentCommand? earlier = Sent.Count > 0 && dice.PerMille(40) ? dice.Pick(Sent) : null;
        UInt128 key = earlier is not null && earlier.Customer == customer ? earlier.Key!.Value.Key : new UInt128(dice.Next(), dice.Next());
        return new IdempotencyKey(key, (ulong)number);
    }
}
