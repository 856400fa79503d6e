using Metering.Core.Time;

namespace Metering.Grid.Partitions;

/// <summary>A bucket of customers in memory: what is loaded, saved and evicted together.</summary>
internal sealed class Bucket
{
    public List<CustomerState> Customers { get; } = [];

    public bool IsLoaded { get; set; }

    public bool IsDirty { get; set; }

    /// <summary>The group of its newest change.</summary>
    public long ChangedAt { get; set; }

    /// <summary>Groups up to this one are contained in the checkpoint it was loaded from.</summary>
    public long LoadedAt { get; set; }

    /// <summary>Grows with every use; the least recently used clean bucket leaves memory first.</summary>
    public long UsedAt { get; set; }

    /// <summary>When it is next due, also while it is not in memory.</summary>
    public Instant Due { get; set; } = Instant.MaxValue;
}
