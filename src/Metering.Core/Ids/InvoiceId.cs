using System.Globalization;

namespace Metering.Core.Ids;

/// <summary>
/// Names an invoice for ever: <c>inv_{project}_{yyyymmdd}</c>, the date being the first local day of the billing period. A project has one
/// invoice a period, so the id is known before the invoice is.
/// </summary>
/// <remarks>The default names nothing and has no value.</remarks>
public readonly record struct InvoiceId : IComparable<InvoiceId>
{
    private const string Prefix = "inv_";
    private const string DateForm = "yyyyMMdd";
    private const int Around = 4 + 1 + 8;

    private readonly string? _value;

    private InvoiceId(string value) => _value = value;

    /// <exception cref="InvalidOperationException">This is the default.</exception>
    public string Value => _value ?? throw new InvalidOperationException("The id names nothing.");

    public bool IsDefault => _value is null;

    public ProjectId Project => ProjectId.Parse(Value[Prefix.Length..^(Around - Prefix.Length)]);

    /// <summary>The first local day of the billing period.</summary>
    public DateOnly FirstDay => DateOnly.ParseExact(Value.AsSpan()[^DateForm.Length..], DateForm, CultureInfo.InvariantCulture);

    public static InvoiceId Of(ProjectId project, DateOnly firstDay) =>
        new(string.Create(CultureInfo.InvariantCulture, $"{Prefix}{project.Value}_{firstDay:yyyyMMdd}"));

    /// <summary>False where the text has another form; the id is then the default.</summary>
    public static bool TryCreate(string? value, out InvoiceId id)
    {
        var valid = value is not null && value.Length > Around && value.StartsWith(Prefix, StringComparison.Ordinal)
            && value[^(DateForm.Length + 1)] == '_' && IdRules.IsValid(value.AsSpan()[Prefix.Length..^(Around - Prefix.Length)])
            && DateOnly.TryParseExact(
                value.AsSpan()[^DateForm.Length..], DateForm, CultureInfo.InvariantCulture, DateTimeStyles.None, out _);
        id = valid ? new InvoiceId(value!) : default;
        return valid;
    }

    /// <exception cref="FormatException">Not an invoice's id.</exception>
    public static InvoiceId Parse(string value) =>
        TryCreate(value, out var id) ? id : throw new FormatException("An invoice's id is inv_, the project, _ and a date as yyyymmdd.");

    public int CompareTo(InvoiceId other) => string.CompareOrdinal(_value, other._value);

    public override string ToString() => _value ?? "";
}
