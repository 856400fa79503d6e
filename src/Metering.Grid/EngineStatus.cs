namespace Metering.Grid;

/// <summary>Counters and states of an engine, updated without locks; every read is a moment's view.</summary>
public sealed class EngineStatus
{
    /// <summary>
    /// Whether requests are served: it has started and does not stop, its clock is right, no other process has fenced it, and it has at
    /// least one partition. Customers of partitions that are away are refused, the others are served.
    /// </summary>
    public bool Ready { get; set; }

    /// <summary>Why not, in words for an operator; null when ready.</summary>
    public string? NotReadyReason { get; set; }

    /// <summary>Partitions that should be here and are not: their shard is away, or they are being taken.</summary>
    public int PartitionsAway { get; set; }

    /// <summary>Why not, for the first of them; null when all are here.</summary>
    public string? AwayReason { get; set; }

    /// <summary>Events that arrived.</summary>
    public long EventsReceived;

    /// <summary>Events accepted.</summary>
    public long EventsAccepted;

    /// <summary>Duplicates answered.</summary>
    public long EventsDuplicate;

    /// <summary>Events refused.</summary>
    public long EventsRejected;

    /// <summary>Requests whose customer was in memory, and all requests: their ratio is the cache hit rate.</summary>
    public long CustomerHits;

    /// <summary>Customers that had to be looked for in memory.</summary>
    public long CustomerLookups;

    /// <summary>Groups written.</summary>
    public long GroupsWritten;

    /// <summary>Rounds written: database transactions on the acknowledgement path.</summary>
    public long RoundsWritten;

    /// <summary>Journal bytes written.</summary>
    public long JournalBytes;

    /// <summary>Buckets of customers saved by checkpoints.</summary>
    public long CheckpointBuckets;

    /// <summary>Their bytes.</summary>
    public long CheckpointBytes;

    /// <summary>
    /// Time that checkpoints took of this process, in 100 ns: encoding buckets and packing identities. Waiting for the database is not in
    /// it, merging segments neither; on a machine without a free core it holds the time a thread was put aside, so it is an upper bound.
    /// </summary>
    public long CheckpointTicks;

    /// <summary>Ledger entries journaled.</summary>
    public long LedgerEntries;

    /// <summary>Invoices issued by themselves, after their period was closed.</summary>
    public long InvoicesIssued;

    /// <summary>Identities held in memory for dedup.</summary>
    public long DedupEntries;

    /// <summary>Identities looked up in segments because a filter said they may be there.</summary>
    public long DedupLookups;

    /// <summary>Customers in memory.</summary>
    public long CustomersInMemory;

    /// <summary>Partitions owned now.</summary>
    public int PartitionsOwned;

    /// <summary>Bytes journaled in memory and not yet durable.</summary>
    public long BytesInFlight;

    /// <summary>Partitions dropped after a failed write or a fence.</summary>
    public long PartitionsDropped;

    /// <summary>Of those, partitions whose epoch was seen raised by another owner.</summary>
    public long PartitionsFenced;

    /// <summary>Partitions with changes that no checkpoint has saved yet; counted when asked.</summary>
    public int PartitionsUnsaved => CountUnsaved();

    /// <summary>
    /// Customers in memory whose wallet had credits and has none left, or less than the threshold of its automatic top-up; counted when
    /// asked, which looks at every customer in memory.
    /// </summary>
    public long WalletsAtRisk => CountAtRisk();

    /// <summary>Events, journal bytes and customers by shard.</summary>
    public IReadOnlyList<ShardStatus> Shards { get; set; } = [];

    /// <summary>Counts the partitions with unsaved changes.</summary>
    internal Func<int> CountUnsaved { get; set; } = static () => 0;

    /// <summary>Counts the wallets at risk.</summary>
    internal Func<long> CountAtRisk { get; set; } = static () => 0;
}

/// <summary>Counters of one shard.</summary>
public sealed class ShardStatus(string name)
{
    /// <summary>The shard's name.</summary>
    public string Name { get; } = name;

    /// <summary>Events accepted.</summary>
    public long Events;

    /// <summary>Journal bytes written.</summary>
    public long Bytes;

    /// <summary>Customers in memory.</summary>
    public long Customers;

    /// <summary>False once it did not answer, until a write goes through.</summary>
    public bool Connected { get; set; } = true;
}
