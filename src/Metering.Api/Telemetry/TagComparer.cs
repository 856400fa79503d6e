namespace Metering.Api.Telemetry;

using Tag = KeyValuePair<string, object?>;

/// <summary>
/// Tells combinations of tags apart by names and values in their order, as they are: finding the series of a measurement, which each
/// request makes several of, formats nothing and allocates nothing.
/// </summary>
internal sealed class TagComparer : IEqualityComparer<Tag[]>, IAlternateEqualityComparer<ReadOnlySpan<Tag>, Tag[]>
{
    public static TagComparer Instance { get; } = new();

    public bool Equals(Tag[]? x, Tag[]? y) => ReferenceEquals(x, y) || (x is not null && y is not null && Equals(x.AsSpan(), y));

    public bool Equals(ReadOnlySpan<Tag> alternate, Tag[] other)
    {
        if (alternate.Length != other.Length)
            return false;
        for (int i = 0; i < other.Length; i++)
        {
            if (alternate[i].Key != other[i].Key || !Equals(alternate[i].Value, other[i].Value))
                return false;
        }

        return true;
    }

    public int GetHashCode(Tag[] obj) => GetHashCode(obj.AsSpan());

    public int GetHashCode(ReadOnlySpan<Tag> alternate)
    {
        // The names of an instrument's tags hardly differ between measurements; their values do.
        var hash = new HashCode();
        foreach (ref readonly Tag tag in alternate)
            hash.Add(tag.Value);
        return hash.ToHashCode();
    }

    public Tag[] Create(ReadOnlySpan<Tag> alternate) => alternate.ToArray();
}
