namespace Metering.Storage.Postgres.Projections;

/// <summary>A durable group cannot be turned into rows. The projections of its shard wait for it: guessing would make them wrong.</summary>
/// <param name="partition">Its partition.</param>
/// <param name="sequence">Its sequence number.</param>
/// <param name="entry">The rank of the entry within it, or -1 where it cannot be opened.</param>
/// <param name="inner">Why.</param>
internal sealed class PoisonGroupException(int partition, long sequence, int entry, Exception inner)
    : Exception($"Group {sequence} of partition {partition} cannot be projected, at its entry {entry}: {inner.Message}", inner)
{
    public (int Partition, long Sequence) Place { get; } = (partition, sequence);
}
