using System.Buffers;
using System.Runtime.ExceptionServices;
using Metering.Core.Usage;
using Metering.Grid.Ingest;
using Metering.Grid.Partitions;

namespace Metering.Grid.Hosting;

/// <summary>
/// A request of events on its way through several partitions: decided in each, where possible at once and on the caller's thread, then
/// awaited together.
/// </summary>
internal sealed class IngestRequest(EventBatch batch, EventResult[] results, CustomerBalance[] balances, int partitions) : IDisposable
{
    // So many customers are read ahead of their decisions: enough to wait for their memory at the same time, few enough to stay in the
    // cache until they are decided about.
    private const int PreloadEvents = 96;

    private Part[] parts = ArrayPool<Part>.Shared.Rent(partitions);
    private int count;
    private int preloaded;

    /// <summary>Decides the events of all partitions as far as that needs no waiting; the rest begins.</summary>
    public void Begin(PartitionHost[] hosts, in BatchSplit split, CancellationToken cancellation)
    {
        int read = 0;
        foreach (PartitionHost host in hosts)
        {
            ArraySegment<int> indexes = split.IndexesOf(host.Partition);
            if (indexes.Count == 0)
                continue;
            if (indexes.Offset + indexes.Count > read)
            {
                ReadOnlySpan<int> ahead = split.InOrder(read, Math.Max(PreloadEvents, indexes.Offset + indexes.Count - read));
                Volatile.Write(ref preloaded, IngestWork.Preload(batch, ahead, null, hosts));
                read += ahead.Length;
            }

            Begin(host, new IngestWork(batch, indexes, results, balances, isPreloaded: true), cancellation);
        }
    }

    private void Begin(PartitionHost host, IngestWork work, CancellationToken cancellation)
    {
        ref Part part = ref parts[count++];
        part = new Part { Indexes = work.Indexes };
        try
        {
            bool hit = host.TryDecide(ref work, null, null, out bool _, out part.Ticket) == Attempt.Decided;
            Interlocked.Increment(ref host.Context.Status.CustomerLookups);
            if (hit)
                Interlocked.Increment(ref host.Context.Status.CustomerHits);
            else
                part.Slow = host.DecideSlowlyAsync<IngestWork, bool>(work, cancellation).AsTask();
        }
        catch (Exception exception)
        {
            part.Fault = exception;
        }
    }

    /// <summary>Waits until all answers may leave. Events of a partition that is away are answered as unavailable.</summary>
    /// <exception cref="Exception">A decision failed: a bug. Thrown after all others have ended, because they still use the
    /// batch.</exception>
    public async ValueTask EndAsync()
    {
        for (int i = 0; i < count; i++)
        {
            if (parts[i].Slow is { } slow)
                (parts[i].Ticket, parts[i].Fault) = await EndedAsync(slow);
        }

        Exception? fault = null;
        for (int i = 0; i < count; i++)
        {
            RoundTicket? ticket = parts[i].Ticket;
            if (ticket is not null)
                await ticket.Round.Done;
            if (ticket is null || !ticket.Held)
                SetUnavailable(parts[i].Indexes, results, balances);
            fault ??= parts[i].Fault;
        }

        if (fault is not null)
            ExceptionDispatchInfo.Throw(fault);
    }

    /// <summary>Answers events whose outcome is not known.</summary>
    public static void SetUnavailable(ArraySegment<int> indexes, EventResult[] results, CustomerBalance[] balances)
    {
        foreach (int index in indexes)
        {
            results[index] = new EventResult { Code = EventCode.Unavailable };
            balances[index] = default;
        }
    }

    /// <inheritdoc />
    public void Dispose()
    {
        Part[] pooled = parts;
        parts = [];
        pooled.AsSpan(0, count).Clear();
        count = 0;
        if (pooled.Length > 0)
            ArrayPool<Part>.Shared.Return(pooled);
    }

    private static async Task<(RoundTicket? Ticket, Exception? Fault)> EndedAsync(Task<(bool Result, RoundTicket Ticket)> slow)
    {
        try
        {
            return ((await slow).Ticket, null);
        }
        catch (PartitionUnavailableException)
        {
            return (null, null);
        }
        catch (Exception exception)
        {
            return (null, exception);
        }
    }

    private struct Part
    {
        public ArraySegment<int> Indexes;
        public RoundTicket? Ticket;
        public Task<(bool Result, RoundTicket Ticket)>? Slow;
        public Exception? Fault;
    }
}
