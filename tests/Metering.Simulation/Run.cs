using Metering.Simulation.Judging;
using Metering.Simulation.Load;
using Metering.Simulation.Running;
using Metering.Simulation.Storing;

namespace Metering.Simulation;

/// <summary>What a seed led to.</summary>
internal sealed record Outcome(ulong Seed, long Steps, ulong TraceHash, IReadOnlyList<string> Faults, FaultPlan Injected, int Attempts,
    int Sabotaged, int Invoices);

/// <summary>One simulation from a seed: a workload against the real engine, with faults, and the judge's verdict.</summary>
internal sealed class Run
{
    /// <summary>How the fault of a run begins that never ends.</summary>
    public const string Stuck = "It did not come to its end";

    private const int StepsMax = 60_000;
    private const int Clients = 6;

    private readonly ulong seed;
    private readonly Scheduler scheduler;
    private readonly Cluster cluster;
    private readonly Workload workload;
    private readonly Chaos chaos;
    private readonly Dice dice;

    private Run(ulong seed, Sabotage sabotage)
    {
        this.seed = seed;
        dice = new Dice(seed);
        scheduler = new Scheduler(dice.Fork());
        var faults = new FaultPlan
        {
            LostPerMille = dice.Below(25), UnknownPerMille = dice.Below(25), LatePerMille = dice.Below(15), SlowPerMille = dice.Below(20),
            LostAnswerPerMille = dice.Below(80),
        };
        cluster = new Cluster(scheduler, dice.Fork(), faults);
        foreach (SimShard shard in cluster.Shards)
            shard.Sabotage = sabotage;
        workload = new Workload(cluster);
        chaos = new Chaos(cluster, dice.Fork());
    }

    /// <summary>Runs a seed to its end.</summary>
    public static Outcome Of(ulong seed, Sabotage sabotage = Sabotage.None, int things = 30)
    {
        SynchronizationContext? before = SynchronizationContext.Current;
        try
        {
            return new Run(seed, sabotage).Go(things);
        }
        finally
        {
            SynchronizationContext.SetSynchronizationContext(before);
        }
    }

    private Outcome Go(int things)
    {
        cluster.Start();
        Client[] clients = [.. Enumerable.Range(0, Clients).Select(each => new Client(cluster, workload, dice.Fork(), $"k{each}"))];
        foreach (Client client in clients)
            client.Start(things);
        long healAt = things * Clients * 60L;
        RunUntil(() => scheduler.Step >= healAt || Array.TrueForAll(clients, client => client.IsDone));
        Heal();
        RunUntil(() => Array.TrueForAll(clients, client => client.IsDone));
        for (int round = 0; round < 2; round++)
        {
            Restart();
            var auditor = new Client(cluster, workload, dice.Fork(), $"auditor{round}");
            auditor.StartAudit();
            RunUntil(() => auditor.IsDone);
        }

        foreach (Server server in cluster.Servers.ToArray())
            cluster.Kill(server);
        var faults = new List<string>(scheduler.Faults);
        var judge = new Judge(cluster, workload, faults);
        judge.Look();
        return new Outcome(
            seed, scheduler.Step, scheduler.TraceHash, faults, cluster.Faults, workload.Attempts.Count,
                cluster.Shards.Sum(shard => shard.Sabotaged), judge.Invoices);
    }

    /// <summary>From here on nothing goes wrong any more: whatever is unfinished must now come to its end.</summary>
    private void Heal()
    {
        cluster.Faults.IsOver = true;
        foreach (SimShard shard in cluster.Shards)
            shard.AwayUntil = 0;
        Restart();
    }

    private void Restart()
    {
        foreach (Server server in cluster.Servers.ToArray())
            cluster.Kill(server);
        cluster.Start();
    }

    private void RunUntil(Func<bool> isDone)
    {
        while (!isDone() && scheduler.Faults.Count == 0)
        {
            if (scheduler.Step > StepsMax || !scheduler.RunOne())
            {
                scheduler.Faults.Add(
                    $"{Stuck} by step {scheduler.Step}. Last: {workload.Attempts.LastOrDefault()}. "
                    + string.Join(" | ", cluster.Started.TakeLast(1).SelectMany(server => server.Notices.TakeLast(5))));
                return;
            }

            chaos.Step();
            // The claim of a dead process may arrive late and fence a living one, which exits and is started again.
            if (cluster.Faults.IsOver && cluster.Servers[^1].IsFenced)
                Restart();
        }
    }
}
