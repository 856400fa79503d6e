using System.Runtime.ExceptionServices;
using Metering.Core.Usage;
using Metering.Grid.Ingest;
using Metering.Grid.Partitions;

namespace Metering.Grid.Hosting;

/// <summary>
/// A request of events on its way through several partitions: decided in each, where possible at once and on the caller's thread, then
/// awaited together.
/// </summary>
internal sealed class IngestRequest(EventBatch batch, EventResult[] results, CustomerBalance[] balances, int partitions)
{
    private readonly List<Part> parts = new(partitions);

    /// <summary>Decides a partition's events as far as that needs no waiting; the rest begins.</summary>
    public void Begin(PartitionHost host, ArraySegment<int> indexes, CancellationToken cancellation)
    {
        var part = new Part(host, new IngestWork(batch, indexes, results, balances));
        parts.Add(part);
        IngestWork work = part.Work;
        try
        {
            part.Lookups(host.TryDecide(ref work, null, null, out bool _, out part.Ticket) == Attempt.Decided);
            if (part.Ticket is null)
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
        foreach (Part part in parts)
        {
            if (part.Slow is null)
                continue;
            try
            {
                part.Ticket = (await part.Slow).Ticket;
            }
            catch (PartitionUnavailableException)
            {
                part.Ticket = null;
            }
            catch (Exception exception)
            {
                part.Fault = exception;
            }
        }

        foreach (Part part in parts)
        {
            if (part.Ticket is not null)
                await part.Ticket.Round.Done;
            if (part.Ticket is null || !part.Ticket.Held)
                SetUnavailable(part.Work, results);
        }

        if (parts.Find(part => part.Fault is not null) is { } faulty)
            ExceptionDispatchInfo.Throw(faulty.Fault!);
    }

    /// <summary>Answers events whose outcome is not known.</summary>
    public static void SetUnavailable(in IngestWork work, EventResult[] results)
    {
        foreach (int index in work.Indexes)
        {
            results[index] = new EventResult { Code = EventCode.Unavailable };
            work.Balances[index] = default;
        }
    }

    private sealed class Part(PartitionHost host, IngestWork work)
    {
        public RoundTicket? Ticket;

        public PartitionHost Host { get; } = host;

        public IngestWork Work { get; } = work;

        public Task<(bool Result, RoundTicket Ticket)>? Slow { get; set; }

        public Exception? Fault { get; set; }

        public void Lookups(bool hit)
        {
            Interlocked.Increment(ref Host.Context.Status.CustomerLookups);
            if (hit)
                Interlocked.Increment(ref Host.Context.Status.CustomerHits);
        }
    }
}
