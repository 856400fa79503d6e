namespace Metering.Core.Ids;

/// <summary>
/// The number of an issued invoice, gapless in its partition's series: <c>P17-000123</c>. Taken once, kept by an invoice that is void.
/// </summary>
/// <remarks>The default is no number.</remarks>
public readonly record struct LegalNumber : IComparable<LegalNumber>
{
    private const string Letter = "";

    /// <exception cref="ArgumentOutOfRangeException">The partition is negative or the sequence below 1.</exception>
    public LegalNumber(int partition, long sequence)
    {
        SeriesNumber.Check(partition, sequence);
        Partition = partition;
        Sequence = sequence;
    }

    public int Partition { get; }

    /// <summary>Counts from 1 in the partition, without a gap.</summary>
    public long Sequence { get; }

    public bool IsDefault => Sequence == 0;

    /// <summary>False where the text has another form than <c>P17-000123</c>; the number is then the default.</summary>
    public static bool TryCreate(string? value, out LegalNumber number)
    {
        var valid = SeriesNumber.TryRead(value, Letter, out var partition, out var sequence);
        number = valid ? new LegalNumber(partition, sequence) : default;
        return valid;
    }

    /// <exception cref="FormatException">Not of the form <c>P17-000123</c>.</exception>
    public static LegalNumber Parse(string value) =>
        TryCreate(value, out var number) ? number : throw new FormatException($"'{value}' is not of the form P17-000123.");

    public int CompareTo(LegalNumber other) => (Partition, Sequence).CompareTo((other.Partition, other.Sequence));

    public override string ToString() => IsDefault ? "" : SeriesNumber.ToText(Partition, Letter, Sequence);
}
