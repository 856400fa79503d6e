namespace Metering.Core.Ids;

/// <summary>Names a meter.</summary>
/// <remarks>By the rules of <see cref="IdRules"/>; the default names nothing and has no value.</remarks>
public readonly record struct MeterId : IComparable<MeterId>
{
    private readonly string? _value;

    private MeterId(string value) => _value = value;

    /// <exception cref="InvalidOperationException">This is the default.</exception>
    public string Value => _value ?? throw new InvalidOperationException("The id names nothing.");

    public bool IsDefault => _value is null;

    /// <summary>False where the text breaks <see cref="IdRules"/>; the id is then the default.</summary>
    public static bool TryCreate(string? value, out MeterId id)
    {
        var valid = IdRules.IsValid(value);
        id = valid ? new MeterId(value!) : default;
        return valid;
    }

    /// <exception cref="FormatException">Not a valid id.</exception>
    public static MeterId Parse(string value) =>
        TryCreate(value, out var id) ? id : throw new FormatException($"An id is {IdRules.Description}.");

    public int CompareTo(MeterId other) => string.CompareOrdinal(_value, other._value);

    public override string ToString() => _value ?? "";
}
