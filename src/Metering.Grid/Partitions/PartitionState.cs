using System.Buffers;
using Metering.Core.Time;
using Metering.Core.Wallets;
using Metering.Grid.Dedup;
using Metering.Grid.Directory;
using Metering.Grid.Ingest;
using Metering.Grid.Journal;
using Metering.Grid.Projects;

namespace Metering.Grid.Partitions;

/// <summary>The events of one request that belong to one partition.</summary>
/// <param name="Batch">The request's events, resolved.</param>
/// <param name="Indexes">Which of them, in order.</param>
/// <param name="Known">First outcomes found in dedup segments beforehand, by index; null when there are none.</param>
/// <param name="Results">One a batch event; this slice fills its own.</param>
/// <param name="Balances">Receives a balance for every wallet touched.</param>
public readonly record struct IngestSlice(
    EventBatch Batch, ArraySegment<int> Indexes, IReadOnlyDictionary<int, FirstOutcome>? Known, EventResult[] Results, List<CustomerBalance> Balances);

/// <summary>
/// A partition: a deterministic state machine that holds its customers' wallets and projects. No clock, no random, no I/O; used under its owner's lock.
/// Every command decides, applies and appends to the open group in one step. Buckets that a command needs must be loaded before.
/// </summary>
/// <remarks>An exception from any member is a bug or broken data: the state is no longer to be trusted and must be dropped.</remarks>
public sealed class PartitionState(int partition, PartitionRules rules, IRecentEvents recent)
{
    /// <summary>The partition.</summary>
    public int Partition { get; } = partition;

    /// <summary>The partition's time: the newest that any command brought. It never goes back.</summary>
    public Instant Clock { get; private set; }

    /// <summary>Customers in memory.</summary>
    public int CustomersInMemory => throw new NotImplementedException();

    /// <summary>Whether a bucket's customers are in memory.</summary>
    public bool IsLoaded(int bucket) => throw new NotImplementedException();

    /// <summary>Puts a bucket into memory; an empty body is a bucket without customers.</summary>
    public void Load(int bucket, long sequence, ReadOnlyMemory<byte> body) => throw new NotImplementedException();

    /// <summary>Whether a loaded bucket has changed since it was loaded or saved.</summary>
    public bool IsDirty(int bucket) => throw new NotImplementedException();

    /// <summary>The group of a loaded bucket's newest change: it must be durable before the bucket is saved.</summary>
    public long ChangedAt(int bucket) => throw new NotImplementedException();

    /// <summary>Encodes a loaded bucket as it is now and marks it clean.</summary>
    /// <returns>When the bucket is next due, or null.</returns>
    public Instant? Save(int bucket, IBufferWriter<byte> body) => throw new NotImplementedException();

    /// <summary>Marks a bucket dirty again, because its saved form did not reach the database.</summary>
    public void MarkDirty(int bucket) => throw new NotImplementedException();

    /// <summary>Forgets a clean bucket.</summary>
    public void Evict(int bucket) => throw new NotImplementedException();

    /// <summary>Buckets in memory, dirty ones first to last change, then clean ones by last use.</summary>
    public void ListBuckets(ICollection<int> dirty, ICollection<int> clean) => throw new NotImplementedException();

    /// <summary>Sets when a bucket that is not in memory is next due.</summary>
    public void SetDue(int bucket, Instant at) => throw new NotImplementedException();

    /// <summary>When the next bucket, loaded or not, is due; <see cref="Instant.MaxValue"/> for never.</summary>
    public Instant NextDue => throw new NotImplementedException();

    /// <summary>Buckets that are due by a time, loaded or not.</summary>
    public void ListDue(Instant now, ICollection<int> buckets) => throw new NotImplementedException();

    /// <summary>Journals and applies what is due by now in a loaded bucket, in order of due time, kind and id.</summary>
    public void RunDue(int bucket, Instant now, GroupWriter group) => throw new NotImplementedException();

    /// <summary>Decides the events of a slice in order. What is due for their customers comes first.</summary>
    public void Ingest(in IngestSlice slice, CatalogSnapshot catalog, Instant now, GroupWriter group) => throw new NotImplementedException();

    /// <summary>Decides a wallet command; a capture with an event may carry a first outcome found in dedup segments.</summary>
    public WalletResult Execute(
        CustomerEntry customer, WalletCommand command, FirstOutcome? known, CatalogSnapshot catalog, Instant now, GroupWriter group) => throw new NotImplementedException();

    /// <summary>A wallet as it is; what is due comes first.</summary>
    public WalletView ReadWallet(CustomerEntry customer, CatalogSnapshot catalog, Instant now, GroupWriter group) => throw new NotImplementedException();

    /// <summary>A hold, or null.</summary>
    public HoldView? ReadHold(CustomerEntry customer, string holdId, CatalogSnapshot catalog, Instant now, GroupWriter group) => throw new NotImplementedException();

    /// <summary>The customer's status.</summary>
    public CustomerStatus ReadStatus(CustomerEntry customer, CatalogSnapshot catalog, Instant now, GroupWriter group) => throw new NotImplementedException();

    /// <summary>Changes the customer's status.</summary>
    public void SetStatus(CustomerEntry customer, CustomerStatus status, CatalogSnapshot catalog, Instant now, GroupWriter group) => throw new NotImplementedException();

    /// <summary>A project as it is.</summary>
    public ProjectView ReadProject(ProjectEntry project, CatalogSnapshot catalog, Instant now, GroupWriter group) => throw new NotImplementedException();

    /// <summary>Limits past a threshold, and whether an event would be taken.</summary>
    public CheckAnswer Check(
        ProjectEntry project, EventBatch? single, FirstOutcome? known, CatalogSnapshot catalog, Instant now, GroupWriter group) => throw new NotImplementedException();

    /// <summary>Moves a project to a plan version that the catalogue has.</summary>
    public ProjectView ChangePlan(
        ProjectEntry project, string plan, int version, PlanChangeTime when, CatalogSnapshot catalog, Instant now, GroupWriter group) => throw new NotImplementedException();

    /// <summary>
    /// Applies a committed group during recovery: first <see cref="ListBuckets(ReadOnlySpan{byte}, ICollection{int})"/> tells which buckets to load; customers of a bucket
    /// whose checkpoint already contains the group are skipped; every event's identity is added to the recent set.
    /// </summary>
    public void Replay(long sequence, ReadOnlySpan<byte> body) => throw new NotImplementedException();

    /// <summary>The buckets whose customers a group changes.</summary>
    public static void ListBuckets(ReadOnlySpan<byte> body, ICollection<int> buckets) => throw new NotImplementedException();

    /// <summary>The outcome of one event of a group, for a duplicate of it.</summary>
    public static FirstOutcome ReadOutcome(long sequence, ReadOnlySpan<byte> body, int ordinal) => throw new NotImplementedException();

    /// <summary>Encodes what a partition keeps besides its customers.</summary>
    public void SaveRecord(IBufferWriter<byte> record) => throw new NotImplementedException();

    /// <summary>Restores it.</summary>
    public void LoadRecord(ReadOnlySpan<byte> record) => throw new NotImplementedException();

    /// <summary>The rules it decides by.</summary>
    public PartitionRules Rules { get; } = rules;

    /// <summary>The recent identities it looks in.</summary>
    public IRecentEvents Recent { get; } = recent;
}
