using System.Globalization;

namespace Metering.Core.Ids;

/// <summary>
/// What people call an invoice, a draft too: <c>INV-{project}-{yyyymm}</c>, the month being that of the billing period's first local day.
/// </summary>
/// <remarks>The default names nothing and has no value.</remarks>
public readonly record struct InvoiceNumber : IComparable<InvoiceNumber>
{
    private const string Prefix = "INV-";
    private const int MonthLength = 6;

    private readonly string? _value;

    private InvoiceNumber(string value) => _value = value;

    /// <exception cref="InvalidOperationException">This is the default.</exception>
    public string Value => _value ?? throw new InvalidOperationException("The number names nothing.");

    public bool IsDefault => _value is null;

    public static InvoiceNumber Of(ProjectId project, DateOnly firstDay) =>
        new(string.Create(CultureInfo.InvariantCulture, $"{Prefix}{project.Value}-{firstDay:yyyyMM}"));

    /// <summary>False where the text has another form; the number is then the default.</summary>
    public static bool TryCreate(string? value, out InvoiceNumber number)
    {
        var valid = value is not null && value.Length > Prefix.Length + 1 + MonthLength
            && value.StartsWith(Prefix, StringComparison.Ordinal) && value[^(MonthLength + 1)] == '-'
            && IdRules.IsValid(value.AsSpan()[Prefix.Length..^(MonthLength + 1)])
            && DateOnly.TryParseExact(value.AsSpan()[^MonthLength..], "yyyyMM", CultureInfo.InvariantCulture, DateTimeStyles.None, out _);
        number = valid ? new InvoiceNumber(value!) : default;
        return valid;
    }

    /// <exception cref="FormatException">Not an invoice number.</exception>
    public static InvoiceNumber Parse(string value) =>
        TryCreate(value, out var number)
            ? number
            : throw new FormatException("An invoice number is INV-, the project, - and a month as yyyymm.");

    public int CompareTo(InvoiceNumber other) => string.CompareOrdinal(_value, other._value);

    public override string ToString() => _value ?? "";
}
