using Metering.Grid;
using Metering.Grid.Ingest;
using Orleans.Concurrency;

namespace Metering.Orleans.Grains;

/// <summary>A partition in the silo that owns it: the hot path, one call a partition a request. The key is the partition's
/// number.</summary>
[Alias("metering.partition")]
public interface IPartitionGrain : IGrainWithIntegerKey
{
    /// <summary>Decides events, all of this partition.</summary>
    /// <param name="batch">The events in the format of <c>BatchFormat</c>.</param>
    /// <param name="cancellation">Ends the wait; what was taken stays taken.</param>
    /// <returns>The answer in the format of <c>AnswerFormat</c>; durable and fenced.</returns>
    /// <exception cref="PartitionUnavailableException">Nothing or everything was taken; send it again.</exception>
    [Alias("ingest")]
    ValueTask<Immutable<byte[]>> IngestAsync(Immutable<byte[]> batch, CancellationToken cancellation);

    /// <summary>Counts a request against a rate limit.</summary>
    [Alias("count")]
    ValueTask<RateStatus> CountRequestAsync(RateCheck rate, CancellationToken cancellation);

    /// <summary>Loads customers of this partition into memory; all of it where <paramref name="customers"/> is null.</summary>
    /// <returns>How many customers are in memory that were not before.</returns>
    [Alias("warm")]
    ValueTask<long> WarmAsync(string[]? customers, CancellationToken cancellation);

    /// <summary>Which silo answers for the partition, having taken it where it had not. A silo that no database answers does not answer
    /// for it.</summary>
    [Alias("report")]
    ValueTask<PartitionReport> ReportAsync(CancellationToken cancellation);
}

/// <summary>A partition as its owner has it.</summary>
/// <param name="Partition">The partition.</param>
/// <param name="Silo">The owner's address.</param>
/// <param name="Epoch">The epoch it is owned under.</param>
[GenerateSerializer, Immutable, Alias("metering.partition-report")]
public sealed record PartitionReport([property: Id(0)] int Partition, [property: Id(1)] string Silo, [property: Id(2)] long Epoch);
