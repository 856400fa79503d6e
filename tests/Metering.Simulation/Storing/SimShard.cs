using Metering.Grid.Storage;
using Metering.Simulation.Running;
using Metering.TestSupport.Memory;

namespace Metering.Simulation.Storing;

/// <summary>One shard's database in the simulation, and when each group became durable in it.</summary>
internal sealed class SimShard
{
    private readonly Dictionary<int, long> epochs = [];
    private readonly Dictionary<(int Partition, long Sequence), long> committedAt = [];

    public SimShard(string name, Scheduler scheduler, SimProcess database)
    {
        Data = new MemoryShard(name);
        Direct = new MemoryShardStore(Data, new ProcessTime(scheduler, database));
        Process = database;
        Scheduler = scheduler;
    }

    public MemoryShard Data { get; }

    /// <summary>The store itself: every call ends at once and without a fault.</summary>
    public MemoryShardStore Direct { get; }

    /// <summary>The database's own process: what it was told goes on when a client is gone.</summary>
    public SimProcess Process { get; }

    public Scheduler Scheduler { get; }

    /// <summary>Nobody reaches it before this moment.</summary>
    public long AwayUntil { get; set; }

    public Sabotage Sabotage { get; set; }

    /// <summary>How often the sabotage was done.</summary>
    public int Sabotaged { get; set; }

    public long CurrentEpoch(int partition) => epochs.GetValueOrDefault(partition);

    public void Claimed(int partition, long epoch) => epochs[partition] = epoch;

    /// <summary>The step at which a group was committed.</summary>
    public long CommittedAt(int partition, long sequence) => committedAt[(partition, sequence)];

    public void Committed(IReadOnlyList<GroupWrite> groups)
    {
        foreach (GroupWrite group in groups)
        {
            IReadOnlyList<JournalRow> journal = Data.Journal(group.Partition);
            for (int i = journal.Count - 1; i >= 0 && committedAt.TryAdd((group.Partition, journal[i].Sequence), Scheduler.Step); i--)
                Scheduler.Note((ulong)journal[i].Sequence * 1_000_003 + (ulong)journal[i].Body.Length);
        }
    }
}
