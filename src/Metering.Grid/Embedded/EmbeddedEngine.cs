using Metering.Core.Time;
using Metering.Grid.Directory;
using Metering.Grid.History;
using Metering.Grid.Hosting;
using Metering.Grid.Partitions;
using Metering.Grid.Storage;

namespace Metering.Grid.Embedded;

/// <summary>
/// The engine that hosts all partitions in this process. Start it, use it from any thread, stop it.
/// </summary>
/// <remarks>
/// It takes over partitions from a previous owner at start. Fenced by another process later, it never takes them back:
/// <see cref="PartitionEngine.Status"/> says not ready and
/// <see cref="FencedByAnother"/> is raised, upon which the server exits.
/// </remarks>
public sealed class EmbeddedEngine : PartitionEngine
{
    private int fenced;

    /// <summary>Prepares an engine; nothing is claimed before its start.</summary>
    /// <param name="directory">The directory.</param>
    /// <param name="directoryStore">The control database behind it.</param>
    /// <param name="history">Queries of the projections.</param>
    /// <param name="invoiceHistory">Lists of invoices, of the projections.</param>
    /// <param name="shards">The shards by their names in the shard map.</param>
    /// <param name="assignments">The shard of every partition.</param>
    /// <param name="owner">Names this process in the leases; new at every start.</param>
    /// <param name="options">Settings.</param>
    /// <param name="time">The clock.</param>
    /// <exception cref="ArgumentException">A setting is out of range, or the shard map does not name a known shard for every
    /// partition.</exception>
    public EmbeddedEngine(
        IDirectory directory, IDirectoryStore directoryStore, IUsageHistory history, IInvoiceHistory invoiceHistory,
        IReadOnlyDictionary<string, IShardStore> shards, IReadOnlyList<ShardAssignment> assignments, Guid owner, GridOptions options,
        TimeProvider time)
        : base(directory, directoryStore, history, invoiceHistory, shards, assignments, owner, options, time, elsewhere: null)
    {
    }

    /// <summary>Raised once, when another process has fenced this one: it must exit.</summary>
    public event Action<string>? FencedByAnother;

    /// <summary>
    /// Claims and recovers all partitions, some at a time, taking over from a previous owner. A partition whose shard is away is tried
    /// again in the background; the others serve meanwhile.
    /// </summary>
    private protected override async Task TakeFirstAsync(CancellationToken cancellation)
    {
        using var slots = new SemaphoreSlim(Context.Options.LoadsAtOnce);
        await Task.WhenAll(Hosts.Select(host => TakeAsync(host, slots, cancellation)).ToArray());
    }

    private protected override void OnFenced(int partition, string reason)
    {
        Context.WasFenced = true;
        // Whoever takes one partition over mostly takes them all: one call is enough to exit.
        if (Interlocked.Exchange(ref fenced, 1) == 0)
            FencedByAnother?.Invoke(reason);
    }

    private protected override string? WhyNotReady(IReadOnlyList<PartitionHost> wanted, IReadOnlyList<PartitionHost> away)
    {
        if (wanted.FirstOrDefault(host => host.FencedByAnother) is { } taken)
            return $"Another process has taken over: {taken.Refusal}";
        return away.Count == wanted.Count ? Status.AwayReason : null;
    }

    private static async Task TakeAsync(PartitionHost host, SemaphoreSlim slots, CancellationToken cancellation)
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
}
