namespace Metering.Core.Ids;

/// <summary>Names a plan in all its versions.</summary>
/// <remarks>By the rules of <see cref="IdRules"/>; the default names nothing and has no value.</remarks>
public readonly record struct PlanId : IComparable<PlanId>
{
    private readonly string? _value;

    private PlanId(string value) => _value = value;

    /// <exception cref="InvalidOperationException">This is the default.</exception>
    public string Value => _value ?? throw new InvalidOperationException("The id names nothing.");

    public bool IsDefault => _value is null;

    /// <summary>False where the text breaks <see cref="IdRules"/>; the id is then the default.</summary>
    public static bool TryCreate(string? value, out PlanId id)
    {
        var valid = IdRules.IsValid(value);
        id = valid ? new PlanId(value!) : default;
        return valid;
    }

    /// <exception cref="FormatException">Not a valid id.</exception>
    public static PlanId Parse(string value) =>
        TryCreate(value, out var id) ? id : throw new FormatException($"An id is {IdRules.Description}.");

    public int CompareTo(PlanId other) => string.CompareOrdinal(_value, other._value);

    public override string ToString() => _value ?? "";
}
