namespace Metering.Core.Ids;

/// <summary>
/// The number of a credit note, gapless in its partition's own series: <c>P17-C000001</c>.
/// </summary>
/// <remarks>The default is no number.</remarks>
public readonly record struct CreditNoteNumber : IComparable<CreditNoteNumber>
{
    private const string Letter = "C";

    /// <exception cref="ArgumentOutOfRangeException">The partition is negative or the sequence below 1.</exception>
    public CreditNoteNumber(int partition, long sequence)
    {
        SeriesNumber.Check(partition, sequence);
        Partition = partition;
        Sequence = sequence;
    }

    public int Partition { get; }

    /// <summary>Counts from 1 in the partition, without a gap.</summary>
    public long Sequence { get; }

    public bool IsDefault => Sequence == 0;

    /// <summary>False where the text has another form than <c>P17-C000001</c>; the number is then the default.</summary>
    public static bool TryCreate(string? value, out CreditNoteNumber number)
    {
        var valid = SeriesNumber.TryRead(value, Letter, out var partition, out var sequence);
        number = valid ? new CreditNoteNumber(partition, sequence) : default;
        return valid;
    }

    /// <exception cref="FormatException">Not of the form <c>P17-C000001</c>.</exception>
    public static CreditNoteNumber Parse(string value) =>
        TryCreate(value, out var number) ? number : throw new FormatException($"'{value}' is not of the form P17-C000001.");

    public int CompareTo(CreditNoteNumber other) => (Partition, Sequence).CompareTo((other.Partition, other.Sequence));

    public override string ToString() => IsDefault ? "" : SeriesNumber.ToText(Partition, Letter, Sequence);
}
