namespace Metering.Core.Ids;

/// <summary>Names a hold within its wallet.</summary>
/// <remarks>By the rules of <see cref="IdRules"/>; the default names nothing and has no value.</remarks>
public readonly record struct HoldId : IComparable<HoldId>
{
    private readonly string? _value;

    private HoldId(string value) => _value = value;

    /// <exception cref="InvalidOperationException">This is the default.</exception>
    public string Value => _value ?? throw new InvalidOperationException("The id names nothing.");

    public bool IsDefault => _value is null;

    /// <summary>False where the text breaks <see cref="IdRules"/>; the id is then the default.</summary>
    public static bool TryCreate(string? value, out HoldId id)
    {
        var valid = IdRules.IsValid(value);
        id = valid ? new HoldId(value!) : default;
        return valid;
    }

    /// <exception cref="FormatException">Not a valid id.</exception>
    public static HoldId Parse(string value) =>
        TryCreate(value, out var id) ? id : throw new FormatException($"An id is {IdRules.Description}.");

    public int CompareTo(HoldId other) => string.CompareOrdinal(_value, other._value);

    public override string ToString() => _value ?? "";
}
