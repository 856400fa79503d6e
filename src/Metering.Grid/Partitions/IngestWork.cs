using Metering.Grid.Dedup;
using Metering.Grid.Directory;
using Metering.Grid.Ingest;

namespace Metering.Grid.Partitions;

/// <summary>The events of one request that belong to one partition. The result is nothing: results and balances are filled in
/// place.</summary>
internal readonly struct IngestWork(EventBatch batch, ArraySegment<int> indexes, EventResult[] results, CustomerBalance[] balances)
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

    public int Preload(PartitionState state)
    {
        int read = 0;
        for (int step = 0; step < PreloadSteps; step++)
        {
            CustomerEntry? last = null;
            foreach (int index in Indexes)
            {
                CustomerEntry entry = Customer(index);
                if (entry != last && entry.State is { } customer)
                    read += customer.Preload(step);
                last = entry;
                if (step == 0)
                    read += state.Recent.Preload(Batch[index].Identity);
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
