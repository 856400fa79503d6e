using Metering.Core.Time;
using Metering.Grid.Partitions;

namespace Metering.Grid.Hosting;

// Start, stop, and whether the engine is ready.
public abstract partial class PartitionEngine
{
    private static readonly TimeSpan LookInterval = TimeSpan.FromSeconds(1);

    private readonly CancellationTokenSource stopping = new();
    private readonly MemoryKeeper memory;
    private readonly Lock readiness = new();
    private volatile string? refusal = "The engine has not started.";
    private Task clockWatch = Task.CompletedTask;
    private Task memoryWatch = Task.CompletedTask;
    private TaskCompletionSource? stop;
    private bool started;
    private bool ending;
    private string? toldFault;

    /// <summary>
    /// Begins to serve. Where no shard answers, nothing is decided before one has confirmed the clock.
    /// </summary>
    /// <exception cref="InvalidOperationException">This machine's clock is too far off a shard's.</exception>
    public async Task StartAsync(CancellationToken cancellation)
    {
        if (await CheckClockAsync(cancellation) is { } off)
            throw new InvalidOperationException(off);
        await TakeFirstAsync(cancellation);
        clockWatch = WatchClockAsync();
        memoryWatch = memory.RunAsync();
        started = true;
        UpdateReadiness();
    }

    /// <summary>
    /// Ends in good order, within <see cref="GridOptions.StopWithin"/>: nothing new is taken, what is decided is written, what has changed
    /// is saved, the partitions are released. What the time does not suffice for is replayed at the next start.
    /// </summary>
    public async Task StopAsync()
    {
        var ended = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        if (Interlocked.CompareExchange(ref stop, ended, null) is { } first)
        {
            // Two stops at once would make two checkpoints of a partition at once.
            await first.Task;
            return;
        }

        try
        {
            await StopOnceAsync();
        }
        finally
        {
            ended.SetResult();
        }
    }

    private async Task StopOnceAsync()
    {
        using var limit = new CancellationTokenSource(context.Options.StopWithin, context.Time);
        // First of all, before anything is awaited: from here on nothing new is taken.
        lock (readiness)
        {
            ending = true;
            refusal = "The process is stopping.";
        }

        UpdateReadiness();
        stopping.Cancel();
        memory.Stop();
        using var slots = new SemaphoreSlim(context.Options.LoadsAtOnce);
        await Task.WhenAll(hosts.Select(host => StopAsync(host, slots, limit.Token)).ToArray());
        await Task.WhenAll(clockWatch, memoryWatch);
    }

    /// <summary>Takes the partitions that are to be here from the start.</summary>
    private protected abstract Task TakeFirstAsync(CancellationToken cancellation);

    /// <summary>Puts another host in the place of one that has ended.</summary>
    private protected PartitionHost Renew(int partition)
    {
        var host = new PartitionHost(partition, hosts[partition].Shard, context, null);
        Volatile.Write(ref hosts[partition], host);
        UpdateReadiness();
        return host;
    }

    private protected async Task StopAsync(PartitionHost host, SemaphoreSlim slots, CancellationToken limit)
    {
        try
        {
            await slots.WaitAsync(limit);
            try
            {
                await host.StopAsync(limit);
            }
            finally
            {
                slots.Release();
            }
        }
        catch (Exception exception)
        {
            context.Notice(
                NoticeLevel.Warning, host.Partition, $"Partition {host.Partition} was not released: {exception.Message}", exception);
        }
    }

    private async Task WatchClockAsync()
    {
        TimeSpan interval = context.Options.ClockCheckInterval;
        TimeSpan look = interval < LookInterval ? interval : LookInterval;
        long checkedAt = context.Time.GetTimestamp();
        while (!stopping.IsCancellationRequested)
        {
            try
            {
                await Task.Delay(look, context.Time, stopping.Token);
                if (context.Clock.Trusts(context.Now) && context.Time.GetElapsedTime(checkedAt) < interval)
                    continue;
                await CheckClockAsync(stopping.Token);
                checkedAt = context.Time.GetTimestamp();
            }
            catch (Exception) when (stopping.IsCancellationRequested)
            {
                return;
            }

            UpdateReadiness();
        }
    }

    /// <summary>Compares the clocks. A shard that does not answer says nothing about its clock: what was known stays.</summary>
    /// <returns>What a shard says against the clock, or null.</returns>
    private async Task<string?> CheckClockAsync(CancellationToken cancellation)
    {
        string? fault = null;
        (Instant Wall, long Timestamp)? agreed = null;
        foreach (Shard shard in context.Shards)
        {
            try
            {
                long began = context.Time.GetTimestamp();
                Instant before = context.Now;
                Instant theirs = await shard.Store.ReadClockAsync(cancellation);
                Instant after = context.Now;
                TimeSpan off = theirs < before ? before - theirs : theirs > after ? theirs - after : TimeSpan.Zero;
                // Between readings on both sides of a jump any time of the shard would look right.
                TimeSpan jump = after - before - context.Time.GetElapsedTime(began);
                if (off > context.Options.ClockSkewMax)
                    fault = $"This machine's clock is {(long)off.TotalSeconds} s off the clock of shard '{shard.Store.Name}'.";
                else if (jump.Duration() <= context.Options.ClockSkewMax)
                    agreed = (before, began);
            }
            catch (Exception) when (!cancellation.IsCancellationRequested)
            {
                shard.Status.Connected = false;
            }
        }

        if (fault is not null)
            context.Clock.Refuse(fault);
        else if (agreed is { } reading)
            Confirm(reading.Wall, reading.Timestamp);
        return fault;
    }

    private void Confirm(Instant wall, long timestamp)
    {
        bool wasOff = context.Clock.Fault is not null;
        context.Clock.Confirm(wall, timestamp);
        if (!wasOff)
            return;
        // The times that they wait for were set by the wrong clock.
        foreach (PartitionHost host in hosts)
            host.Wake();
    }

    private void UpdateReadiness()
    {
        // One at a time, each looking after the change it was called for: so the last one to write has seen everything.
        lock (readiness)
            UpdateReadinessLocked();
    }

    private void UpdateReadinessLocked()
    {
        string? fault = context.Clock.Fault;
        if (started && fault is not null && fault != toldFault)
            context.Notice(NoticeLevel.Error, -1, fault);
        toldFault = fault;
        if (started && !ending)
            refusal = fault;
        PartitionHost[] wanted = [.. hosts.Where(host => !host.IsElsewhere)];
        PartitionHost[] away = [.. wanted.Where(host => host.UnavailableReason is not null)];
        Status.PartitionsAway = away.Length;
        Status.AwayReason = away.Length == 0
            ? null
            : $"{away.Length} of {wanted.Length} partitions are away; partition {away[0].Partition}: {away[0].UnavailableReason}";
        string? reason = refusal ?? WhyNotReady(wanted, away);
        Status.NotReadyReason = reason;
        Status.Ready = reason is null;
    }

    /// <summary>What the partitions have against being ready, or null. Under the lock of readiness.</summary>
    private protected abstract string? WhyNotReady(IReadOnlyList<PartitionHost> wanted, IReadOnlyList<PartitionHost> away);
}
