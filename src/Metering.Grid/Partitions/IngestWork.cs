using Metering.Grid.Dedup;
using Metering.Grid.Directory;
using Metering.Grid.Ingest;

namespace Metering.Grid.Partitions;

/// <summary>The events of one request that belong to one partition. The result is nothing: results and balances are filled in
/// place.</summary>
/// <param name="batch">The request's events, resolved.</param>
/// <param name="indexes">Which of them, in order.</param>
/// <param name="results">One a batch event.</param>
/// <param name="balances">One a batch event.</param>
/// <param name="isPreloaded">Whether the request has read what the decision will read, beside what its other partitions need.</param>
internal readonly struct IngestWork(
    EventBatch batch, ArraySegment<int> indexes, EventResult[] results, CustomerBalance[] balances, bool isPreloaded = false)
    : IPartitionWork<bool>
{
    /// <summary>How many references lie one behind the other from a customer to the usage of a combination.</summary>
    private const int PreloadSteps = 6;

    public EventBatch Batch { get; } = batch;

    public ArraySegment<int> Indexes { get; } = indexes;

    public CustomerBalance[] Balances { get; } = balances;

    public bool IsWrite => true;

    public bool IsSurelyNew(SegmentSet segments, long second)
    {
        if (segments.Segments.Length == 0)
            return true;
        foreach (int index in Indexes)
        {
            if (!segments.SurelyAbsent(Batch[index].Identity, second))
                return false;
        }

        return true;
    }

    public void AddWanted(SegmentSet segments, long second, List<WantedIdentity> wanted)
    {
        foreach (int index in Indexes)
        {
            UInt128 identity = Batch[index].Identity;
            if (!segments.SurelyAbsent(identity, second))
                wanted.Add(new WantedIdentity(index, identity));
        }
    }

    public void AddBuckets(ISet<int> buckets)
    {
        foreach (int index in Indexes)
            buckets.Add(Customer(index).Bucket);
    }

    public bool AreLoaded(PartitionState state)
    {
        foreach (int index in Indexes)
        {
            if (!state.IsLoaded(Customer(index)))
                return false;
        }

        return true;
    }

    public int Preload(PartitionState state) => isPreloaded ? 0 : Preload(Batch, Indexes, state, null);

    /// <summary>Reads what the decisions about events will read, step by step for all of them.</summary>
    /// <param name="batch">The request's events, resolved.</param>
    /// <param name="indexes">Which of them.</param>
    /// <param name="state">Their partition, or null where they are of many.</param>
    /// <param name="hosts">All partitions, where they are of many.</param>
    public static int Preload(EventBatch batch, ReadOnlySpan<int> indexes, PartitionState? state, PartitionHost[]? hosts)
    {
        int read = 0;
        for (int step = 0; step < PreloadSteps; step++)
        {
            CustomerEntry? last = null;
            foreach (int index in indexes)
            {
                CustomerEntry entry = batch[index].Project!.Customer;
                if (entry != last && entry.State is { } customer)
                    read += customer.Preload(step);
                last = entry;
                if (step == 0)
                    read += (state ?? hosts![entry.Partition].Current?.State)?.Recent.Preload(batch[index].Identity) ?? 0;
            }
        }

        return read;
    }

    public void RunDue(in DecisionContext context)
    {
        int last = -1;
        foreach (int index in Indexes)
        {
            int bucket = Customer(index).Bucket;
            if (bucket != last)
                context.State.RunDue(bucket, context.Catalog, context.Now, context.Group);
            last = bucket;
        }
    }

    public bool Decide(in DecisionContext context, IReadOnlyDictionary<int, FirstOutcome>? known)
    {
        var slice = new IngestSlice(Batch, Indexes, known, results, Balances);
        context.State.Ingest(slice, context.Catalog, context.Now, context.Group);
        return true;
    }

    private CustomerEntry Customer(int index) => Batch[index].Project!.Customer;
}
