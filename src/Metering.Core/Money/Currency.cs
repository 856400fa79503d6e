using System.Diagnostics.CodeAnalysis;

namespace Metering.Core.Money;

/// <summary>
/// A currency of ISO 4217 and the number of decimals of its minor unit (0, 2, 3 or 4). Two are equal when their codes are. There is no
/// default currency: one is found by its code.
/// </summary>
public sealed record Currency
{
    internal Currency(string code, int minorUnits)
    {
        Code = code;
        MinorUnits = minorUnits;
    }

    /// <summary>Three upper-case letters.</summary>
    public string Code { get; }

    /// <summary>Decimals of the minor unit: 2 for USD, 0 for JPY.</summary>
    public int MinorUnits { get; }

    /// <summary>Finds an active currency by its code, which must be in upper case.</summary>
    public static bool TryFind(string? code, [NotNullWhen(true)] out Currency? currency)
    {
        currency = null;
        return code is not null && CurrencyTable.ByCode.TryGetValue(code, out currency);
    }

    /// <exception cref="FormatException">No active currency has this code.</exception>
    public static Currency Parse(string code) =>
        TryFind(code, out var currency) ? currency : throw new FormatException($"'{code}' is not a currency code of ISO 4217.");

    public override string ToString() => Code;
}
