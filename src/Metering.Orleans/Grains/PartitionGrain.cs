using Metering.Grid;
using Metering.Grid.Directory;
using Metering.Grid.Ingest;
using Metering.Orleans.Ownership;
using Metering.Orleans.Serialization;
using Orleans.Concurrency;
using Orleans.GrainDirectory;

namespace Metering.Orleans.Grains;

/// <inheritdoc cref="IPartitionGrain" />
[GrainType(TypeName), PartitionPlacement, GrainDirectory(PartitionDirectory.Name), Reentrant, KeepAlive]
public sealed class PartitionGrain(SiloPartitions partitions, PartitionMap map) : PartitionedGrain(partitions, map), IPartitionGrain
{
    private readonly SiloPartitions partitions = partitions;

    /// <summary>The name of the grain's type.</summary>
    public const string TypeName = "metering.partition";

    /// <inheritdoc />
    public ValueTask<Immutable<byte[]>> IngestAsync(Immutable<byte[]> batch, CancellationToken cancellation) =>
        RunAsync(async () => new Immutable<byte[]>(await DecideAsync(batch.Value, cancellation)), cancellation);

    /// <inheritdoc />
    public ValueTask<RateStatus> CountRequestAsync(RateCheck rate, CancellationToken cancellation) =>
        RunAsync(() => new ValueTask<RateStatus>(Engine.CountRequest(Partition, rate)), cancellation);

    /// <inheritdoc />
    public ValueTask<long> WarmAsync(string[]? customers, CancellationToken cancellation) => RunAsync(
        async () => customers is null
            ? await Engine.WarmAsync(Partition, cancellation)
            : await Engine.WarmAsync(await Directory.FindCustomersAsync(customers, cancellation), cancellation),
        cancellation);

    /// <inheritdoc />
    public ValueTask<PartitionReport> ReportAsync(CancellationToken cancellation) => RunAsync(
        async () => partitions.ReachesDatabases
            ? new PartitionReport(
                Partition, GrainContext.Address.SiloAddress!.ToParsableString(), await Engine.FindEpochAsync(Partition, cancellation))
            : throw new PartitionUnavailableException("No database answers the owner of the partition."),
        cancellation);

    private async ValueTask<byte[]> DecideAsync(byte[] body, CancellationToken cancellation)
    {
        using EventBatch batch = await ReadAsync(body, cancellation);
        await Directory.ResolveAsync(batch, cancellation);
        for (int index = 0; index < batch.Count; index++)
        {
            if (batch[index].Project is { } project && project.Customer.Partition != Partition)
                throw new InvalidOperationException($"An event of partition {project.Customer.Partition} was sent to {Partition}.");
        }

        return AnswerFormat.Write(await Engine.IngestAsync(batch, cancellation), batch);
    }

    /// <summary>Reads a batch by the newest catalogue where the one at hand is older than the sender's.</summary>
    private async ValueTask<EventBatch> ReadAsync(byte[] body, CancellationToken cancellation)
    {
        try
        {
            return BatchFormat.Read(body, Directory.Catalog);
        }
        catch (OtherCatalogException)
        {
            await Directory.RefreshAsync(cancellation);
        }

        try
        {
            return BatchFormat.Read(body, Directory.Catalog);
        }
        catch (OtherCatalogException exception)
        {
            throw new PartitionUnavailableException("The sender's catalogue is behind; it will have caught up in a moment.", exception);
        }
    }
}
