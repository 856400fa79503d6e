using System.Buffers;
using Metering.Core.Usage;
using Metering.Grid.Directory;
using Metering.Grid.Ingest;

namespace Metering.Grid.Hosting;

/// <summary>
/// Sorts the events of a batch by partition, keeping their order within each. Pooled arrays, no allocation an event; a batch of one
/// partition, the common case for a customer's own key, needs no array at all.
/// </summary>
public struct BatchSplit : IDisposable
{
    private static int[] counting = [.. Enumerable.Range(0, 1024)];

    private int[]? order;
    private int[]? ends;

    /// <summary>How many partitions have events.</summary>
    public int Partitions { get; private set; }

    /// <summary>How many events have a partition.</summary>
    public int Resolved { get; private set; }

    /// <summary>The partition, where there is only one.</summary>
    public int Only { get; private set; }

    /// <summary>All events of the only partition.</summary>
    public ArraySegment<int> OnlyIndexes { get; private set; }

    /// <summary>Sorts a batch. Events without a project get their result here: nobody has the subject's id.</summary>
    public static BatchSplit Of(EventBatch batch, EventResult[] results, int partitions)
    {
        var split = new BatchSplit { Only = -1 };
        bool single = true;
        int resolved = 0;
        for (int index = 0; index < batch.Count; index++)
        {
            if (batch[index].Project is not { } project)
            {
                results[index].Code = EventCode.CustomerNotFound;
                continue;
            }

            resolved++;
            int partition = project.Customer.Partition;
            single &= split.Only < 0 || split.Only == partition;
            split.Only = partition;
        }

        if (resolved == 0)
            return split;
        split.Partitions = 1;
        split.Resolved = resolved;
        if (single && resolved == batch.Count)
            split.OnlyIndexes = new ArraySegment<int>(Counting(batch.Count), 0, batch.Count);
        else
            split.Sort(batch, partitions, resolved);
        return split;
    }

    /// <summary>The events of a partition, in order; empty when it has none.</summary>
    public readonly ArraySegment<int> IndexesOf(int partition)
    {
        if (order is null)
            return partition == Only ? OnlyIndexes : [];
        int start = partition == 0 ? 0 : ends![partition - 1];
        return new ArraySegment<int>(order, start, ends![partition] - start);
    }

    /// <summary>Events of partitions beside each other, from a place in their order on.</summary>
    public readonly ReadOnlySpan<int> InOrder(int start, int count) => order.AsSpan(start, Math.Min(count, Resolved - start));

    /// <inheritdoc />
    public void Dispose()
    {
        if (order is not null)
            ArrayPool<int>.Shared.Return(order);
        if (ends is not null)
            ArrayPool<int>.Shared.Return(ends);
        order = ends = null;
    }

    private void Sort(EventBatch batch, int partitions, int resolved)
    {
        ends = ArrayPool<int>.Shared.Rent(partitions);
        ends.AsSpan(0, partitions).Clear();
        for (int index = 0; index < batch.Count; index++)
        {
            if (batch[index].Project is { } project)
                ends[project.Customer.Partition]++;
        }

        // Counts become starts; filling moves each start to its end.
        int start = 0;
        Partitions = 0;
        for (int partition = 0; partition < partitions; partition++)
        {
            int count = ends[partition];
            if (count > 0)
                Partitions++;
            ends[partition] = start;
            start += count;
        }

        order = ArrayPool<int>.Shared.Rent(resolved);
        for (int index = 0; index < batch.Count; index++)
        {
            if (batch[index].Project is { } project)
                order[ends[project.Customer.Partition]++] = index;
        }

        if (Partitions == 1)
            OnlyIndexes = new ArraySegment<int>(order, 0, resolved);
    }

    private static int[] Counting(int count)
    {
        int[] known = counting;
        if (known.Length < count)
            counting = known = [.. Enumerable.Range(0, Math.Max(count, known.Length * 2))];
        return known;
    }
}
