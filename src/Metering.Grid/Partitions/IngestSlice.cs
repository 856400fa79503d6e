using Metering.Grid.Dedup;
using Metering.Grid.Ingest;

namespace Metering.Grid.Partitions;

/// <summary>The events of one request that belong to one partition.</summary>
/// <param name="Batch">The request's events, resolved.</param>
/// <param name="Indexes">Which of them, in order.</param>
/// <param name="Known">First outcomes found in dedup segments beforehand, by index; null when there are none.</param>
/// <param name="Results">One a batch event; this slice fills its own.</param>
/// <param name="Balances">One a batch event: receives the balance of every wallet touched, at the first event that touches it.</param>
public readonly record struct IngestSlice(
    EventBatch Batch, ArraySegment<int> Indexes, IReadOnlyDictionary<int, FirstOutcome>? Known, EventResult[] Results,
    CustomerBalance[] Balances);
