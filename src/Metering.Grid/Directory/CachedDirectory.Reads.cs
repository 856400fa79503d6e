using System.Text;
using Metering.Core.Usage;

namespace Metering.Grid.Directory;

/// <summary>Reads what is not cached.</summary>
public sealed partial class CachedDirectory
{
    private async Task<Dictionary<byte[], ProjectEntry>> ReadProjectsAsync(List<byte[]> wanted, CancellationToken cancellation)
    {
        var found = new Dictionary<byte[], ProjectEntry>(ByteKeyComparer.Instance);
        var reads = new HashSet<PendingReads<ProjectEntry>.Read>();
        lock (guard)
        {
            var fresh = new PendingReads<ProjectEntry>.Read();
            foreach (byte[] key in wanted)
            {
                // It may have come since the look-up without the lock.
                if (projects.TryFind(key, out ProjectEntry? project))
                {
                    found[key] = project;
                    continue;
                }

                reads.Add(projectReads.Join(key, fresh));
            }

            if (fresh.Keys.Count > 0)
                fresh.Done = FetchProjectsAsync(fresh);
        }

        foreach (PendingReads<ProjectEntry>.Read read in reads)
        {
            await read.Done.WaitAsync(cancellation);
            foreach (byte[] key in wanted)
            {
                if (read.Found.TryGetValue(key, out ProjectEntry? project))
                    found[key] = project;
            }
        }

        return found;
    }

    /// <summary>Reads until nothing that was asked for changed meanwhile. No waiter's cancellation ends it: others wait too.</summary>
    private async Task FetchProjectsAsync(PendingReads<ProjectEntry>.Read read)
    {
        // Begins outside of the lock under which the read was registered.
        await Task.Yield();
        string[] ids = [.. read.Keys.Select(Encoding.UTF8.GetString)];
        try
        {
            while (true)
            {
                lock (guard)
                    read.Changed.Clear();
                using var timeout = new CancellationTokenSource(options.QueryTimeout, time);
                IReadOnlyList<(ProjectRecord Project, CustomerRecord Customer)> records = await store.FindProjectsAsync(ids, timeout.Token);
                await EnsurePlansAsync(records, timeout.Token);
                lock (guard)
                {
                    if (read.Keys.Exists(read.Changed.Contains) || records.Any(record => HasChanged(read, record.Customer)))
                        continue;
                    foreach ((ProjectRecord project, CustomerRecord customer) in records)
                    {
                        ProjectEntry entry = Keep(project, customer);
                        read.Found[entry.IdUtf8] = entry;
                    }

                    projectReads.End(read);
                    return;
                }
            }
        }
        catch (Exception exception)
        {
            lock (guard)
                projectReads.End(read);
            throw new DirectoryUnavailableException("The directory cannot be read.", exception);
        }
    }

    /// <summary>
    /// A project may be on a plan that was made after the last poll: whoever gets the project must find its plan in the catalogue.
    /// </summary>
    private async Task EnsurePlansAsync(
        IReadOnlyList<(ProjectRecord Project, CustomerRecord Customer)> records, CancellationToken cancellation)
    {
        if (records.Any(record => !catalog.TryFindPlan(record.Project.Plan, record.Project.PlanVersion, out _)))
            await RefreshAsync(cancellation);
    }

    private async Task FetchKeyAsync(byte[] sha256, PendingReads<KeyRecord>.Read read)
    {
        await Task.Yield();
        try
        {
            while (true)
            {
                lock (guard)
                    read.Changed.Clear();
                using var timeout = new CancellationTokenSource(options.QueryTimeout, time);
                KeyRecord? key = await store.FindKeyAsync(sha256, timeout.Token);
                lock (guard)
                {
                    if (read.Changed.Contains(sha256))
                        continue;
                    if (key is { RevokedAt: null })
                    {
                        keys.Add(key.Sha256, key);
                        read.Found[sha256] = key;
                    }

                    keyReads.End(read);
                    return;
                }
            }
        }
        catch (Exception exception)
        {
            lock (guard)
                keyReads.End(read);
            throw new DirectoryUnavailableException("The directory cannot be read.", exception);
        }
    }

    private static bool HasChanged(PendingReads<ProjectEntry>.Read read, CustomerRecord customer) =>
        read.Changed.Count > 0 && read.Changed.Contains(Encoding.UTF8.GetBytes(customer.Id));

    /// <summary>Puts a project and its customer into the cache; under the lock.</summary>
    private ProjectEntry Keep(ProjectRecord project, CustomerRecord customer)
    {
        if (!customers.TryGetValue(customer.Id, out CustomerSlot? slot))
        {
            byte[] id = Encoding.UTF8.GetBytes(customer.Id);
            var entry = new CustomerEntry(customer, Placement.PartitionOf(id, Cluster.Partitions), Placement.BucketOf(id));
            customers[customer.Id] = slot = new CustomerSlot(entry);
        }
        else if (customer.Version > slot.Entry.Record.Version)
        {
            slot.Entry.Record = customer;
        }

        var added = new ProjectEntry(project, slot.Entry);
        slot.Projects++;
        if (projects.Add(added.IdUtf8, added) is { } evicted && --customers[evicted.Customer.Id].Projects == 0)
            customers.Remove(evicted.Customer.Id);
        return added;
    }
}
