namespace Metering.Core.Ids;

/// <summary>Names a tax rate.</summary>
/// <remarks>By the rules of <see cref="IdRules"/>; the default names nothing and has no value.</remarks>
public readonly record struct TaxRateId : IComparable<TaxRateId>
{
    private readonly string? _value;

    private TaxRateId(string value) => _value = value;

    /// <exception cref="InvalidOperationException">This is the default.</exception>
    public string Value => _value ?? throw new InvalidOperationException("The id names nothing.");

    public bool IsDefault => _value is null;

    /// <summary>Names a tax rate.</summary>
    public static bool TryCreate(string? value, out TaxRateId id)
    {
        var valid = IdRules.IsValid(value);
        id = valid ? new TaxRateId(value!) : default;
        return valid;
    }

    /// <exception cref="FormatException">Not a valid id.</exception>
    public static TaxRateId Parse(string value) =>
        TryCreate(value, out var id) ? id : throw new FormatException($"An id is {IdRules.Description}.");

    public int CompareTo(TaxRateId other) => string.CompareOrdinal(_value, other._value);

    public override string ToString() => _value ?? "";
}
