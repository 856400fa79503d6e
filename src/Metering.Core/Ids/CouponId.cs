namespace Metering.Core.Ids;

/// <summary>Names a coupon.</summary>
/// <remarks>By the rules of <see cref="IdRules"/>; the default names nothing and has no value.</remarks>
public readonly record struct CouponId : IComparable<CouponId>
{
    private readonly string? _value;

    private CouponId(string value) => _value = value;

    /// <exception cref="InvalidOperationException">This is the default.</exception>
    public string Value => _value ?? throw new InvalidOperationException("The id names nothing.");

    public bool IsDefault => _value is null;

    /// <summary>Names a coupon.</summary>
    public static bool TryCreate(string? value, out CouponId id)
    {
        var valid = IdRules.IsValid(value);
        id = valid ? new CouponId(value!) : default;
        return valid;
    }

    /// <exception cref="FormatException">Not a valid id.</exception>
    public static CouponId Parse(string value) =>
        TryCreate(value, out var id) ? id : throw new FormatException($"An id is {IdRules.Description}.");

    public int CompareTo(CouponId other) => string.CompareOrdinal(_value, other._value);

    public override string ToString() => _value ?? "";
}
