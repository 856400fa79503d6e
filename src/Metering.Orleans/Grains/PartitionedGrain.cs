using Metering.Grid;
using Metering.Grid.Directory;
using Metering.Grid.Hosting;
using Metering.Orleans.Ownership;

namespace Metering.Orleans.Grains;

/// <summary>
/// What all grains here have in common: they are the address of something in a partition and have no state. They interleave, and what they
/// do runs on the thread pool: the writer of a shard, or a recovery, must never be a turn of the grain that happened to begin it.
/// </summary>
/// <param name="partitions">The silo's partitions.</param>
/// <param name="map">Finds the partition of a grain.</param>
public abstract class PartitionedGrain(SiloPartitions partitions, PartitionMap map) : Grain
{
    /// <summary>The partition.</summary>
    private protected int Partition { get; private set; }

    /// <summary>What hosts it.</summary>
    private protected AssignedEngine Engine => partitions.Engine;

    /// <summary>The directory of this silo.</summary>
    private protected IDirectory Directory => partitions.Engine.Directory;

    /// <inheritdoc />
    public override Task OnActivateAsync(CancellationToken cancellationToken)
    {
        Partition = map.PartitionOf(this.GetGrainId());
        partitions.Enter(Partition, GrainContext);
        return Task.CompletedTask;
    }

    /// <inheritdoc />
    public override Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        partitions.Exit(Partition, GrainContext);
        return Task.CompletedTask;
    }

    /// <summary>Does something in the partition, off this grain's scheduler.</summary>
    /// <exception cref="PartitionElsewhereException">The partition is not with this silo; nothing was done.</exception>
    private protected async ValueTask<T> RunAsync<T>(Func<ValueTask<T>> work, CancellationToken cancellation)
    {
        try
        {
            return await Task.Run(async () =>
            {
                if (!partitions.IsServing(Partition))
                    await partitions.EnsureHostedAsync(Partition, cancellation);
                return await work();
            });
        }
        catch (PartitionElsewhereException)
        {
            // So that the next call is placed anew.
            DeactivateOnIdle();
            throw;
        }
        catch (PartitionUnavailableException away) when (away.InnerException is not null)
        {
            // What the database's driver threw cannot be sent, and then the caller would get no answer at all. The log has it.
            throw new PartitionUnavailableException(away.Message);
        }
        catch (TimeoutException)
        {
            throw new PartitionUnavailableException($"Partition {Partition} was not ready in time.");
        }
        catch (DirectoryUnavailableException exception)
        {
            throw new PartitionUnavailableException(exception.Message);
        }
    }

    /// <summary>A customer as this silo's directory knows it.</summary>
    private protected async ValueTask<CustomerEntry> FindCustomerAsync(string id, CancellationToken cancellation) =>
        await Directory.FindCustomerAsync(id, cancellation) ?? throw new UnknownCustomerException(id);

    /// <summary>A project as this silo's directory knows it.</summary>
    private protected async ValueTask<ProjectEntry> FindProjectAsync(string id, CancellationToken cancellation) =>
        await Directory.FindProjectAsync(id, cancellation) ?? throw new UnknownCustomerException(id);
}

/// <summary>The directory knows no customer or project of that id.</summary>
public sealed class UnknownCustomerException(string id) : Exception($"There is no customer or project '{id}'.");
