using System.Text.Json;
using Metering.Core.Time;
using Metering.Core.Wallets;
using Metering.Grid.Dedup;
using Metering.Grid.Directory;
using Metering.Grid.Journal;
using Metering.Grid.Partitions;
using Metering.Grid.Projects;
using Metering.Grid.Storage;
using Metering.Simulation.Load;
using Metering.Simulation.Running;

namespace Metering.Simulation.Judging;

/// <summary>
/// A fresh partition that replays the whole journal must show what the engine shows, and the last two engines, from checkpoints and
/// tails, the same.
/// </summary>
internal sealed class ReplayCheck(Cluster cluster, Workload workload, Action<string> report)
{
    public void Look()
    {
        foreach (var partition in Audits().GroupBy(audit => audit.Partition))
        {
            PartitionState state = NewState(partition.Key);
            using IEnumerator<JournalRow> rows = cluster.ShardOf(partition.Key).Data.Journal(partition.Key).GetEnumerator();
            long replayed = 0;
            foreach ((int _, long sequence, Attempt attempt) in partition.OrderBy(audit => audit.Sequence))
            {
                for (; replayed < sequence && rows.MoveNext(); replayed++)
                    state.Replay(rows.Current.Sequence, rows.Current.Body);
                Compare(state, attempt);
            }
        }
    }

    private IEnumerable<(int Partition, long Sequence, Attempt Attempt)> Audits()
    {
        foreach (Attempt attempt in workload.Attempts.Where(attempt => attempt.Route.StartsWith("auditor", StringComparison.Ordinal)))
        {
            int partition = Find(attempt.Customer).Partition;
            if (attempt.Answer is WalletView wallet)
                yield return (partition, wallet.AsOfSequence, attempt);
            else if (attempt.Answer is ProjectView project)
                yield return (partition, project.AsOfSequence, attempt);
        }
    }

    private void Compare(PartitionState state, Attempt attempt)
    {
        object shown = attempt.Answer is WalletView wallet
            ? wallet with { AsOfSequence = 0 } : ((ProjectView)attempt.Answer!) with { AsOfSequence = 0 };
        object replayed = shown is WalletView ? Wallet(state, attempt) : Project(state, attempt);
        string left = JsonSerializer.Serialize(shown, shown.GetType());
        string right = JsonSerializer.Serialize(replayed, replayed.GetType());
        if (left != right)
            report($"{attempt.Customer}: {attempt.Route} was shown {left}, a replay of the whole journal gives {right}");
    }

    private PartitionState NewState(int partition)
    {
        var state = new PartitionState(partition, cluster.Rules, new EventIdentity(cluster.Directory.Cluster.IdentityKey),
            new RecentEvents());
        for (int bucket = 0; bucket < Placement.Buckets; bucket++)
            state.Load(bucket, 0, ReadOnlyMemory<byte>.Empty);
        return state;
    }

    private CustomerEntry Find(string id) => cluster.Directory.Customers.Find(each => each.Id == id)!;

    private WalletView Wallet(PartitionState state, Attempt attempt) =>
        state.ReadWallet(Find(attempt.Customer), cluster.Directory.Catalog, At(attempt), NewGroup()) with { AsOfSequence = 0 };

    private ProjectView Project(PartitionState state, Attempt attempt) =>
        state.ReadProject(cluster.Directory.Projects[attempt.Project], cluster.Directory.Catalog, At(attempt),
            NewGroup()) with { AsOfSequence = 0 };

    private static Instant At(Attempt attempt) => Instant.FromDateTimeOffset(ProcessTime.Start.AddMicroseconds(attempt.ServedAt));

    private static GroupWriter NewGroup()
    {
        var group = new GroupWriter();
        group.Begin(1);
        return group;
    }
}
