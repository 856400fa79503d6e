using Metering.Core.Ids;
using Metering.Core.Money;

namespace Metering.Core.Invoicing;

/// <summary>A tax that applies in a country, or in one region of it, from one day until before another.</summary>
public sealed record TaxRate
{
    public required TaxRateId Id { get; init; }

    /// <summary>As the invoice names it: <c>VAT</c>, <c>GST</c>.</summary>
    public required string Name { get; init; }

    /// <summary>An ISO 3166-1 code of two letters, upper case.</summary>
    public required string Country { get; init; }

    /// <summary>The second part of an ISO 3166-2 code; empty for the whole country. A region's rates apply beside the country's.</summary>
    public string Region { get; init; } = "";

    /// <summary>20 is 20 %.</summary>
    public required Amount Percent { get; init; }

    /// <summary>The first day; null for ever before.</summary>
    public DateOnly? ValidFrom { get; init; }

    /// <summary>The day from which it does not apply any more; null for open.</summary>
    public DateOnly? ValidUntil { get; init; }

    /// <summary>Whether prices contain it. Otherwise it is added to them.</summary>
    public bool Inclusive { get; init; }

    /// <summary>Whether it is charged on the other taxes too, which come before it. Otherwise they stand side by side.</summary>
    public bool Compound { get; init; }

    /// <summary>Whether it applies to a buyer there on that day.</summary>
    public bool AppliesTo(string country, string region, DateOnly day) =>
        Country == country && (Region.Length == 0 || Region == region) && (ValidFrom is null || ValidFrom <= day)
        && (ValidUntil is null || day < ValidUntil);
}

/// <summary>One tax of an invoice, rounded once, half to even, to the currency's minor unit.</summary>
/// <param name="Rate">Which rate.</param>
/// <param name="Name">Its name.</param>
/// <param name="Percent">20 is 20 %.</param>
/// <param name="Base">What it is charged on, without itself.</param>
/// <param name="Amount">How much it is.</param>
/// <param name="Inclusive">Whether the lines contain it; otherwise the total adds it.</param>
public sealed record TaxLine(TaxRateId Rate, string Name, Amount Percent, Amount Base, Amount Amount, bool Inclusive);
