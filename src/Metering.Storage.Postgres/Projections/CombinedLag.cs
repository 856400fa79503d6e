using Metering.Grid.History;

namespace Metering.Storage.Postgres.Projections;

/// <summary>The lag of several projectors as one: the worst age, all events.</summary>
public sealed class CombinedLag(IReadOnlyList<IProjectionLag> lags) : IProjectionLag
{
    /// <inheritdoc />
    public double Seconds => lags.Count == 0 ? 0 : lags.Max(lag => lag.Seconds);

    /// <inheritdoc />
    public long Events => lags.Sum(lag => lag.Events);
}
