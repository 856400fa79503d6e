using System.Text;

namespace Metering.Grid.Directory;

/// <summary>Follows what other processes change in the control database.</summary>
public sealed partial class CachedDirectory
{
    private readonly SemaphoreSlim refreshing = new(1, 1);
    private readonly Lock refreshGuard = new();
    private Task? nextRefresh;

    /// <inheritdoc />
    public async ValueTask RefreshAsync(CancellationToken cancellation)
    {
        Task shared;
        lock (refreshGuard)
            shared = nextRefresh ??= RefreshInTurnAsync(stopping.Token);
        await shared.WaitAsync(cancellation);
    }

    /// <summary>Reads once the read that is under way is over; whoever asks before it begins shares it.</summary>
    private async Task RefreshInTurnAsync(CancellationToken stop)
    {
        await Task.Yield();
        await refreshing.WaitAsync(stop);
        try
        {
            lock (refreshGuard)
                nextRefresh = null;
            await ReadChangesAsync(stop);
        }
        finally
        {
            refreshing.Release();
        }
    }

    private async Task ReadChangesAsync(CancellationToken stop)
    {
        try
        {
            using var timeout = new CancellationTokenSource(options.QueryTimeout, time);
            using var linked = CancellationTokenSource.CreateLinkedTokenSource(stop, timeout.Token);
            if (await store.ReadVersionAsync(linked.Token) == version)
                return;
            DirectoryChanges changes = await store.ReadChangesAsync(version, linked.Token);
            // Before the catalogue, and whatever becomes of it: a revoked key stops. Customers come after it, so that their plans are
            // there.
            ApplyKeys(changes);
            try
            {
                if (changes.CatalogChanged)
                {
                    catalog = new CatalogSnapshot(await store.ReadCatalogAsync(linked.Token));
                    marked = [];
                }
            }
            finally
            {
                Apply(changes);
            }

            version = changes.Version;
            if (changes.ShardMapChanged)
                ShardMapChanged?.Invoke();
        }
        catch (Exception exception) when (!stop.IsCancellationRequested)
        {
            throw new DirectoryUnavailableException("The directory's changes cannot be read.", exception);
        }
    }

    private async Task PollAsync()
    {
        try
        {
            while (true)
            {
                await Task.Delay(options.PollInterval, time, stopping.Token);
                try
                {
                    await RefreshAsync(stopping.Token);
                }
                catch (DirectoryUnavailableException) when (!stopping.IsCancellationRequested)
                {
                    // Away: what is cached goes on, and the next poll reads everything since the last version seen.
                    LastPollFailed = true;
                    continue;
                }

                LastPollFailed = false;
            }
        }
        catch (Exception) when (stopping.IsCancellationRequested)
        {
            // Disposed.
        }
    }

    private void Apply(DirectoryChanges changes)
    {
        lock (guard)
        {
            foreach (CustomerRecord customer in changes.Customers)
            {
                projectReads.Announce(Encoding.UTF8.GetBytes(customer.Id));
                if (customers.TryGetValue(customer.Id, out CustomerSlot? slot) && customer.Version > slot.Entry.Record.Version)
                    slot.Entry.Record = customer;
            }

            foreach (ProjectRecord project in changes.Projects)
            {
                byte[] id = Encoding.UTF8.GetBytes(project.Id);
                projectReads.Announce(id);
                if (projects.TryFind(id, out ProjectEntry? entry) && project.Version > entry.Record.Version)
                    entry.Record = project;
            }
        }
    }

    private void ApplyKeys(DirectoryChanges changes)
    {
        lock (guard)
        {
            foreach (KeyRecord key in changes.Keys)
            {
                keyReads.Announce(key.Sha256);
                if (keys.Remove(key.Sha256) && key.RevokedAt is null)
                    keys.Add(key.Sha256, key);
            }
        }
    }
}
