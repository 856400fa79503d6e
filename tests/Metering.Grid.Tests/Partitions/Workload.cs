using Metering.Core.Money;
using Metering.Core.Time;
using Metering.Core.Wallets;
using Metering.Grid.Directory;
using Metering.Grid.Projects;

namespace Metering.Grid.Tests.Partitions;

/// <summary>
/// Random but repeatable traffic on a partition: events of all kinds with duplicates, wallet commands, changes of plan and status,
/// jumps of the clock up to weeks.
/// </summary>
internal sealed class Workload
{
    private static readonly string[] Plans =
    [
        "t-prepaid", "t-overage", "t-postpaid", "t-graded", "t-limits", "t-twice", "t-thirds",
        "llm-prepaid", "media-free", "media-enterprise",
    ];

    private static readonly string[] Zones = ["UTC", "Asia/Kolkata", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu"];

    private readonly Random random;
    private readonly PartitionHarness partition;
    private readonly List<Ev> sent = [];
    private readonly List<(string Customer, string Hold)> holds = [];
    private readonly string[] customers;
    private readonly List<string> subjects = [];
    private int count;

    public Workload(int seed, PartitionHarness partition, int customers = 6)
    {
        random = new Random(seed);
        this.partition = partition;
        this.customers = [.. Enumerable.Range(1, customers).Select(number => $"customer-{number}")];
        foreach (string id in this.customers)
        {
            CustomerEntry entry = partition.AddCustomer(id, Pick(Plans), Pick(Zones));
            subjects.Add(id);
            if (random.Next(2) == 0)
                subjects.Add(partition.AddProject(entry, id + "-side", Pick(Plans)).Id);
        }
    }

    /// <summary>Does so many random steps.</summary>
    public void Run(int steps)
    {
        for (int i = 0; i < steps; i++)
            Step();
    }

    /// <summary>Events for a single request.</summary>
    public List<Ev> Events(int most) => [.. Enumerable.Range(0, random.Next(1, most + 1)).Select(_ => Event())];

    public void Step()
    {
        switch (random.Next(20))
        {
            case < 9:
                partition.Send([.. Events(8)]);
                break;
            case < 12:
                Money();
                break;
            case < 16:
                Hold();
                break;
            case 16:
                Advance();
                break;
            case 17:
                Administer();
                break;
            case 18:
                partition.RunDue();
                break;
            default:
                Advance();
                partition.Wallet(Pick(customers));
                break;
        }
    }

    private void Advance() => partition.Now += random.Next(10) switch
    {
        < 4 => TimeSpan.FromSeconds(random.Next(1, 600)),
        < 7 => TimeSpan.FromMinutes(random.Next(1, 600)),
        < 9 => TimeSpan.FromHours(random.Next(1, 100)),
        _ => TimeSpan.FromDays(random.Next(1, 25)),
    };

    private Ev Event()
    {
        if (sent.Count > 0 && random.Next(8) == 0)
            return Pick(sent);
        string subject = Pick(subjects);
        string id = $"e{++count}";
        Ev made = random.Next(8) switch
        {
            0 => Ev.Tokens(subject, id, random.Next(5000), random.Next(900), Pick(["gpt-4-turbo", "gpt-4o", "unheard-of"])),
            1 => TestPlans.Seat(subject, id, $"user-{random.Next(8)}"),
            2 => Ev.Quantity("test.level", subject, id, random.Next(200)),
            3 => Ev.Quantity("usage.participant_minutes", subject, id, random.Next(400)),
            4 => new Ev("api.call", subject, id)
            {
                Data = new Dictionary<string, object>
                {
                    ["endpoint"] = $"/e{random.Next(14)}", ["method"] = "GET", ["status_code"] = (decimal)random.Next(200, 600),
                    ["response_time_ms"] = random.Next(2) == 0 ? 12.5m : "7.25", ["billable"] = random.Next(2) == 0,
                },
            },
            5 => Ev.Quantity("unheard.of", subject, id, 1),
            _ => TestPlans.Units(subject, id, random.Next(1, 2_000) / 100m, Pick([null, "eu", "us", "ap"])),
        };
        made = random.Next(4) switch
        {
            0 => made with { Time = partition.Now - TimeSpan.FromHours(random.Next(0, 40 * 24)) },
            1 => made with { Time = partition.Now + TimeSpan.FromSeconds(random.Next(0, 400)), Id = Guid.NewGuidOf(random) },
            _ => made,
        };
        sent.Add(made);
        return made;
    }

    private void Money()
    {
        string customer = Pick(customers);
        IdempotencyKey? key = random.Next(3) == 0 ? new IdempotencyKey((UInt128)random.Next(20), (ulong)random.Next(2)) : null;
        WalletCommand command = random.Next(6) switch
        {
            0 => new SetAutoTopUp(Some(50), Some(80), random.Next(1, 4), random.Next(2) == 0),
            1 => new RemoveAutoTopUp(),
            2 => new AdjustCredits(random.Next(2) == 0 ? Some(30) : -Some(30), "by hand"),
            3 => random.Next(2) == 0 ? new ConfirmTopUp($"top_{random.Next(1, 6)}") : new FailTopUp($"top_{random.Next(1, 6)}"),
            _ => new GrantCredits(
                Some(300), GrantKind.Paid, random.Next(3) * 10,
                random.Next(2) == 0 ? null : partition.Now + TimeSpan.FromMinutes(random.Next(-5, 5000)), "grant"),
        };
        partition.Execute(customer, command with { Idempotency = key });
    }

    private void Hold()
    {
        if (holds.Count == 0 || random.Next(3) == 0)
        {
            string customer = Pick(customers);
            var create = new CreateHold(
                random.Next(2) == 0 ? null : $"h{random.Next(30)}", Some(40), TimeSpan.FromMinutes(random.Next(1, 3000)));
            if (partition.Execute(customer, create) is { Code: WalletCode.Done, Hold: { } made })
                holds.Add((customer, made.Id));
            return;
        }

        (string owner, string id) = Pick(holds);
        if (random.Next(3) == 0)
        {
            partition.CaptureFor(owner, id, Event() with { Subject = owner }, random.Next(2) == 0);
            return;
        }

        partition.Execute(owner, random.Next(3) switch
        {
            0 => new RaiseHold(id, Some(20)),
            1 => new CaptureHold(id, Some(20), random.Next(2) == 0),
            _ => new ReleaseHold(id),
        });
    }

    private void Administer()
    {
        if (random.Next(3) == 0)
        {
            partition.SetStatus(
                Pick(customers),
                Pick([CustomerStatus.Active, CustomerStatus.Active, CustomerStatus.Suspended, CustomerStatus.PastDue]));
            return;
        }

        string plan = Pick(Plans);
        partition.ChangePlan(
            Pick(subjects), plan, plan == "t-prepaid" ? random.Next(1, 3) : 1,
            random.Next(2) == 0 ? PlanChangeTime.Now : PlanChangeTime.NextPeriod);
    }

    private Amount Some(int most) => Amount.FromNanos((Int128)random.NextInt64(1, most * Amount.NanosPerUnit));

    private T Pick<T>(IReadOnlyList<T> from) => from[random.Next(from.Count)];

    /// <summary>UUIDs from the seed.</summary>
    private static class Guid
    {
        public static string NewGuidOf(Random random)
        {
            byte[] bytes = new byte[16];
            random.NextBytes(bytes);
            return new System.Guid(bytes).ToString();
        }
    }
}
