using Metering.Core.Time;
using Metering.Grid.Partitions;

namespace Metering.Grid.Embedded;

// Start, stop, and whether the engine is ready.
public sealed partial class EmbeddedEngine
{
    private readonly CancellationTokenSource stopping = new();
    private readonly MemoryKeeper memory;
    private readonly Lock readiness = new();
    private volatile string? refusal = "The engine has not started.";
    private Task clockWatch = Task.CompletedTask;
    private Task memoryWatch = Task.CompletedTask;
    private TaskCompletionSource? stop;
    private bool started;
    private bool ending;
    private string? clockFault;

    /// <summary>
    /// Claims and recovers all partitions, some at a time, taking over from a previous owner. A partition whose shard is away is tried
    /// again in the background; the others serve meanwhile.
    /// </summary>
    /// <exception cref="InvalidOperationException">This machine's clock is too far off a shard's.</exception>
    public async Task StartAsync(CancellationToken cancellation)
    {
        await CheckClockAsync(cancellation);
        if (clockFault is not null)
            throw new InvalidOperationException(clockFault);
        using var slots = new SemaphoreSlim(context.Options.LoadsAtOnce);
        await Task.WhenAll(hosts.Select(host => StartAsync(host, slots, cancellation)).ToArray());
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

    private async Task StartAsync(PartitionHost host, SemaphoreSlim slots, CancellationToken cancellation)
    {
        await slots.WaitAsync(cancellation);
        try
        {
            await host.EnsureOwnedAsync(Instant.MaxValue, cancellation);
        }
        catch (PartitionUnavailableException)
        {
            // Said already; the upkeep tries again.
        }
        finally
        {
            slots.Release();
        }

        host.StartUpkeep();
    }

    private async Task StopAsync(PartitionHost host, SemaphoreSlim slots, CancellationToken limit)
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
        while (!stopping.IsCancellationRequested)
        {
            try
            {
                await Task.Delay(context.Options.ClockCheckInterval, context.Time, stopping.Token);
                await CheckClockAsync(stopping.Token);
            }
            catch (Exception) when (stopping.IsCancellationRequested)
            {
                return;
            }

            UpdateReadiness();
        }
    }

    /// <summary>Compares the clocks. A shard that does not answer says nothing about its clock.</summary>
    private async Task CheckClockAsync(CancellationToken cancellation)
    {
        string? fault = null;
        foreach (Shard shard in context.Shards)
        {
            try
            {
                Instant before = context.Now;
                Instant theirs = await shard.Store.ReadClockAsync(cancellation);
                Instant after = context.Now;
                TimeSpan off = theirs < before ? before - theirs : theirs > after ? theirs - after : TimeSpan.Zero;
                if (off > context.Options.ClockSkewMax)
                    fault = $"This machine's clock is {(long)off.TotalSeconds} s off the clock of shard '{shard.Store.Name}'.";
            }
            catch (Exception) when (!cancellation.IsCancellationRequested)
            {
                continue;
            }
        }

        if (fault is not null && fault != clockFault)
            context.Notice(NoticeLevel.Error, -1, fault);
        clockFault = fault;
    }

    private void UpdateReadiness()
    {
        // One at a time, each looking after the change it was called for: so the last one to write has seen everything.
        lock (readiness)
            UpdateReadinessLocked();
    }

    private void UpdateReadinessLocked()
    {
        if (started && !ending)
            refusal = clockFault;
        string? reason = refusal;
        if (reason is null)
        {
            int away = hosts.Count(host => host.UnavailableReason is not null);
            if (hosts.FirstOrDefault(host => host.FencedByAnother) is { } fenced)
                reason = $"Another process has taken over: {fenced.Refusal}";
            else if (hosts.FirstOrDefault(host => host.UnavailableReason is not null) is { } first)
                reason = $"{away} of {hosts.Length} partitions are away; partition {first.Partition}: {first.UnavailableReason}";
        }

        Status.NotReadyReason = reason;
        Status.Ready = reason is null;
    }
}
