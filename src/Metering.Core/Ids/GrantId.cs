namespace Metering.Core.Ids;

/// <summary>Names a grant within its wallet. By the rules of <see cref="IdRules"/>; the default names nothing and has no value.</summary>
public readonly record struct GrantId : IComparable<GrantId>
{
    private readonly string? _value;

    private GrantId(string value) => _value = value;

    /// <exception cref="InvalidOperationException">This is the default.</exception>
    public string Value => _value ?? throw new InvalidOperationException("The id names nothing.");

    public bool IsDefault => _value is null;

    public static bool TryCreate(string? value, out GrantId id)
    {
        var valid = IdRules.IsValid(value);
        id = valid ? new GrantId(value!) : default;
        return valid;
    }

    /// <exception cref="FormatException">Not a valid id.</exception>
    public static GrantId Parse(string value) =>
        TryCreate(value, out var id) ? id : throw new FormatException($"An id is {IdRules.Description}.");

    public int CompareTo(GrantId other) => string.CompareOrdinal(_value, other._value);

    public override string ToString() => _value ?? "";
}
