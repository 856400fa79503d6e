using Metering.Grid.Journal;
using Metering.Grid.Storage;

namespace Metering.Grid.Partitions;

/// <summary>
/// Writes the groups of one shard: one round at a time, the next as soon as the last has returned, no timer. What is decided while a round
/// is in flight waits for the next one, because its fence check must begin after the decision.
/// </summary>
/// <remarks>
/// Order of locks: a partition's, then this one. <see cref="Join"/> is called under the partition's lock; <see cref="Kick"/> under none.
/// </remarks>
internal sealed class ShardWriter(Shard shard, GridContext context)
{
    private readonly Lock gate = new();
    private readonly List<GroupWrite> groups = [];
    private readonly List<FenceCheck> checks = [];
    private readonly HashSet<int> held = [];
    private Round next = new();
    private bool running;
    private long bytesInFlight;

    /// <summary>Whether more is decided and not durable than may be.</summary>
    public bool IsFull => Volatile.Read(ref bytesInFlight) > context.Options.BytesInFlightMax;

    /// <summary>Counts bytes of open groups and of the round being written.</summary>
    public void AddBytes(long change)
    {
        if (change == 0)
            return;
        Interlocked.Add(ref bytesInFlight, change);
        Interlocked.Add(ref context.Status.BytesInFlight, change);
    }

    /// <summary>Takes a part in the next round. Under the partition's lock; <see cref="Kick"/> follows after it.</summary>
    public RoundTicket Join(Incarnation incarnation)
    {
        lock (gate)
        {
            var ticket = new RoundTicket(next, incarnation);
            next.Tickets.Add(ticket);
            return ticket;
        }
    }

    /// <summary>Begins a round if none is in flight: on the caller's thread up to the first wait, which saves a wake-up.</summary>
    public void Kick()
    {
        // Whoever ends the running loop looks for tickets under the lock first, so a ticket made before this read is never left behind.
        if (Volatile.Read(ref running))
            return;
        lock (gate)
        {
            if (running || next.Tickets.Count == 0)
                return;
            running = true;
        }

        if (ExecutionContext.IsFlowSuppressed())
        {
            _ = PumpAsync();
            return;
        }

        // The loop outlives the request that happens to start it and must not carry that request's context along.
        using (ExecutionContext.SuppressFlow())
            _ = PumpAsync();
    }

    private async Task PumpAsync()
    {
        while (true)
        {
            Round round;
            lock (gate)
            {
                if (next.Tickets.Count == 0)
                {
                    running = false;
                    return;
                }

                round = next;
                next = new Round();
            }

            Exception? failure = null;
            try
            {
                Begin(round);
                if (groups.Count + checks.Count > 0)
                    await shard.Store.WriteRoundAsync(groups, checks, held, CancellationToken.None);
            }
            catch (Exception exception)
            {
                // Whatever it was, the outcome is unknown; the partitions are dropped and read again.
                failure = exception;
            }

            try
            {
                End(round, failure);
            }
            finally
            {
                round.Complete();
            }
        }
    }

    private void Begin(Round round)
    {
        groups.Clear();
        checks.Clear();
        held.Clear();
        foreach (RoundTicket ticket in round.Tickets)
        {
            Incarnation incarnation = ticket.Incarnation;
            PartitionHost host = incarnation.Host;
            GroupWriter? group;
            GroupWrite write;
            lock (host.Gate)
            {
                if (!incarnation.TrySeal(ticket, out group))
                    continue;
                write = new GroupWrite(host.Partition, incarnation.Epoch, ticket.Sequence, incarnation.State.Clock, default);
            }

            host.AfterSeal(incarnation);
            if (group is null)
                checks.Add(new FenceCheck(host.Partition, incarnation.Epoch));
            else if (TryClose(incarnation, group, out ReadOnlyMemory<byte> body))
                groups.Add(write with { Body = body });
        }
    }

    private static bool TryClose(Incarnation incarnation, GroupWriter group, out ReadOnlyMemory<byte> body)
    {
        try
        {
            body = group.Close();
            return true;
        }
        catch (Exception exception)
        {
            body = default;
            incarnation.Host.Drop(incarnation, "a group could not be closed", exception);
            return false;
        }
    }

    private void End(Round round, Exception? failure)
    {
        if (groups.Count + checks.Count > 0)
            shard.Status.Connected = failure is null;
        if (failure is null && groups.Count > 0)
            Count();
        foreach (RoundTicket ticket in round.Tickets)
        {
            PartitionHost host = ticket.Incarnation.Host;
            ticket.Held = failure is null && ticket.Sent && held.Contains(host.Partition);
            if (!ticket.Sent)
                continue;
            AddBytes(-ticket.CountedBytes);
            lock (host.Gate)
                ticket.Incarnation.EndRound(ticket);
            if (ticket.Held)
                Count(ticket);
            else if (failure is not null)
                host.Drop(ticket.Incarnation, "the outcome of a write is unknown", failure);
            else
                host.DropFenced(ticket.Incarnation);
        }
    }

    private void Count(RoundTicket ticket)
    {
        if (ticket.Events > 0)
            Interlocked.Add(ref shard.Status.Events, ticket.Events);
        if (ticket.LedgerEntries > 0)
            Interlocked.Add(ref context.Status.LedgerEntries, ticket.LedgerEntries);
    }

    private void Count()
    {
        long bytes = 0;
        int written = 0;
        foreach (GroupWrite group in groups)
        {
            if (!held.Contains(group.Partition))
                continue;
            written++;
            bytes += group.Body.Length;
        }

        Interlocked.Increment(ref context.Status.RoundsWritten);
        Interlocked.Add(ref context.Status.GroupsWritten, written);
        Interlocked.Add(ref context.Status.JournalBytes, bytes);
        Interlocked.Add(ref shard.Status.Bytes, bytes);
    }
}
