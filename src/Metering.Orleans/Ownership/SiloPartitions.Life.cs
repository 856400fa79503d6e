using Microsoft.Extensions.Logging;

namespace Metering.Orleans.Ownership;

// With the silo's life: follows the membership while the silo is active, and drains before its grains go.
public sealed partial class SiloPartitions : ILifecycleParticipant<ISiloLifecycle>
{
    private static readonly TimeSpan LeavingIsKnownWithin = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan LookInterval = TimeSpan.FromMilliseconds(10);

    /// <inheritdoc />
    public void Participate(ISiloLifecycle observer)
    {
        // Before it joins: a silo with a wrong clock must not become a member.
        observer.Subscribe(nameof(SiloPartitions), ServiceLifecycleStage.ApplicationServices, engine.StartAsync, _ => engine.StopAsync());
        observer.Subscribe(nameof(SiloPartitions), ServiceLifecycleStage.BecomeActive, _ => Task.CompletedTask, DrainAsync);
        observer.Subscribe(nameof(SiloPartitions), ServiceLifecycleStage.Active, FollowAsync, _ => Task.CompletedTask);
    }

    private Task FollowAsync(CancellationToken cancellation)
    {
        See(membership.CurrentSnapshot);
        watch = Task.WhenAll(
            Task.Run(WatchAsync, CancellationToken.None), Task.Run(() => contact.RunAsync(stopping.Token), CancellationToken.None));
        return Task.CompletedTask;
    }

    private async Task WatchAsync()
    {
        try
        {
            await foreach (ClusterMembershipSnapshot snapshot in membership.MembershipUpdates.WithCancellation(stopping.Token))
                See(snapshot);
        }
        catch (OperationCanceledException)
        {
            // The silo ends.
        }
    }

    private void See(ClusterMembershipSnapshot snapshot)
    {
        int silos = view.Silos;
        int wanted = Wanted.Count;
        view = new ClusterView(snapshot.Members.Values, tenures.Length);
        if (view.Silos != silos || Wanted.Count != wanted)
            LogView(view.Silos, Wanted.Count);
        for (int partition = 0; partition < tenures.Length; partition++)
            _ = SettleAsync(partition, ends: false);
    }

    private async Task SettleAsync(int partition, bool ends)
    {
        try
        {
            await SettleAsync(partition);
        }
        catch (Exception exception)
        {
            LogUnsettled(partition, ends, exception);
        }
    }

    /// <summary>
    /// Leaves everything. First the cluster has to know that this silo goes: a partition that is released sooner would be placed here
    /// again. Whoever is to own it next waits for the lease meanwhile.
    /// </summary>
    private async Task DrainAsync(CancellationToken cancellation)
    {
        long began = inputs.Client.Time.GetTimestamp();
        while (membership.CurrentSnapshot.GetSiloStatus(self) == SiloStatus.Active && !cancellation.IsCancellationRequested
            && inputs.Client.Time.GetElapsedTime(began) < LeavingIsKnownWithin)
            await Task.Delay(LookInterval, inputs.Client.Time, CancellationToken.None);
        draining = true;
        await Task.WhenAll(Enumerable.Range(0, tenures.Length).Select(partition => SettleAsync(partition, ends: true)));
        await stopping.CancelAsync();
        await watch;
        LogDrained((long)inputs.Client.Time.GetElapsedTime(began).TotalMilliseconds);
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "{Silos} silos are active; {Wanted} partitions are this one's")]
    private partial void LogView(int silos, int wanted);

    [LoggerMessage(Level = LogLevel.Information, Message = "all partitions were left, in {Milliseconds} ms")]
    private partial void LogDrained(long milliseconds);

    [LoggerMessage(Level = LogLevel.Error, Message = "partition {Partition} could not be brought to where it belongs, at the end: {Ends}")]
    private partial void LogUnsettled(int partition, bool ends, Exception exception);
}
