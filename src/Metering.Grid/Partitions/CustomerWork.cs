using Metering.Grid.Dedup;
using Metering.Grid.Directory;
using Metering.Grid.Ingest;

namespace Metering.Grid.Partitions;

/// <summary>How a command or read of one customer is decided.</summary>
internal delegate TResult CustomerDecision<in TArgument, out TResult>(in DecisionContext context, TArgument argument, FirstOutcome? known);

/// <summary>A command or read of one customer, with at most one event.</summary>
internal readonly struct CustomerWork<TArgument, TResult>(
    CustomerEntry customer, TArgument argument, EventBatch? single, bool isWrite, CustomerDecision<TArgument, TResult> decide)
    : IPartitionWork<TResult>
{
    public bool IsWrite => isWrite;

    public bool IsSurelyNew(SegmentSet segments, long second) =>
        single is null || single[0].Project is null || segments.SurelyAbsent(single[0].Identity, second);

    public void AddWanted(SegmentSet segments, long second, List<WantedIdentity> wanted)
    {
        if (!IsSurelyNew(segments, second))
            wanted.Add(new WantedIdentity(0, single![0].Identity));
    }

    public void AddBuckets(ISet<int> buckets) => buckets.Add(customer.Bucket);

    public bool AreLoaded(PartitionState state) => state.IsLoaded(customer);

    public int Preload(PartitionState state) => 0;

    public void RunDue(in DecisionContext context) =>
        context.State.RunDue(customer.Bucket, context.Catalog, context.Now, context.Group);

    public TResult Decide(in DecisionContext context, IReadOnlyDictionary<int, FirstOutcome>? known)
    {
        FirstOutcome? first = known is not null && known.TryGetValue(0, out FirstOutcome outcome) ? outcome : null;
        return decide(context, argument, first);
    }
}
