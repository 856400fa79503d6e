namespace Metering.Core.Rating;

/// <summary>Where one dimension's value stands within a span of bytes; see <see cref="DimensionValues"/>.</summary>
public readonly record struct DimensionSlice(int Start, int Length)
{
    /// <summary>An event that has no such property.</summary>
    public static readonly DimensionSlice Missing = new(0, -1);

    public bool IsMissing => Length < 0;
}

/// <summary>
/// The values of a charge's dimensions in the order of <see cref="CompiledCharge.Dimensions"/>, as UTF-8 with JSON escapes resolved.
/// A window onto bytes that somebody else owns; it copies nothing.
/// </summary>
public readonly ref struct DimensionValues
{
    private readonly ReadOnlySpan<byte> _bytes;
    private readonly ReadOnlySpan<DimensionSlice> _slices;

    public DimensionValues(ReadOnlySpan<byte> bytes, ReadOnlySpan<DimensionSlice> slices)
    {
        _bytes = bytes;
        _slices = slices;
    }

    /// <summary>For a charge that has no dimensions.</summary>
    public static DimensionValues None => default;

    public int Count => _slices.Length;

    public bool IsMissing(int index) => _slices[index].IsMissing;

    /// <summary>The value; empty when it is missing.</summary>
    public ReadOnlySpan<byte> this[int index] =>
        _slices[index].IsMissing ? default : _bytes.Slice(_slices[index].Start, _slices[index].Length);
}
