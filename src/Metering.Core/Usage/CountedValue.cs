using Metering.Core.Catalog;
using Metering.Core.Money;

namespace Metering.Core.Usage;

/// <summary>What one event adds to one meter: a result, the same live and in a replay.</summary>
public readonly ref struct CountedValue
{
    /// <summary>The meter.</summary>
    public required string Meter { get; init; }

    /// <summary>How the meter makes a quantity of values.</summary>
    public required Aggregation Aggregation { get; init; }

    /// <summary>The names of the meter's dimensions.</summary>
    public required IReadOnlyList<string> DimensionNames { get; init; }

    /// <summary>The combination, as <see cref="DimensionKey"/> encodes it; empty for a meter without dimensions.</summary>
    public required ReadOnlySpan<byte> Dimensions { get; init; }

    /// <summary>The same bytes in an array that everybody shares and nobody changes, where there is one.</summary>
    public byte[]? SharedDimensions { get; init; }

    /// <summary>The value; 1 for a count, 0 for a unique count.</summary>
    public required Amount Value { get; init; }

    /// <summary>For a unique count: the hash of the value's text.</summary>
    public required UInt128 ValueHash { get; init; }
}
