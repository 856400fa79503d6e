using System.Text.Json;
using Metering.Core.Money;

namespace Metering.Api.Catalog;

/// <summary>The JSON of a meter, for the OpenAPI document; it is read and written by <see cref="Core.Catalog.CatalogJson"/>.</summary>
/// <param name="Id">The meter; in a body it may be left out.</param>
/// <param name="EventType">The type of the events it reads.</param>
/// <param name="Aggregation"><c>sum</c>, <c>count</c>, <c>max</c>, <c>latest</c>, <c>unique</c> or <c>avg</c>.</param>
/// <param name="Value">The property of the event's data that holds the value; none for a count.</param>
/// <param name="Dimensions">Properties by whose values the quantity is kept apart.</param>
/// <param name="Filter">By property: an array of values, or an object with <c>not</c>, or with <c>min</c> and <c>max</c>. All must
/// hold.</param>
/// <param name="Keep">Further properties that raw events keep.</param>
/// <param name="Unit">What one of the quantity is called.</param>
public sealed record MeterShape(
    string? Id, string EventType, string Aggregation, string? Value, IReadOnlyList<string>? Dimensions,
    IReadOnlyDictionary<string, JsonElement>? Filter, IReadOnlyList<string>? Keep, string? Unit);

/// <summary>The JSON of a plan, for the OpenAPI document; it is read and written by <see cref="Core.Catalog.CatalogJson"/>.</summary>
/// <param name="Id">The plan; in a body it may be left out.</param>
/// <param name="Version">Counts from 1; not in a body.</param>
/// <param name="Name">What it is called.</param>
/// <param name="Currency">ISO 4217.</param>
/// <param name="Interval"><c>month</c> or <c>year</c>.</param>
/// <param name="BaseFee">For each interval, whatever the usage.</param>
/// <param name="MinimumCommitment">The least an invoice comes to.</param>
/// <param name="WalletMode"><c>prepaid</c>, <c>prepaid_overage</c> or <c>postpaid</c>.</param>
/// <param name="CreditValue">What a credit is worth in the currency.</param>
/// <param name="AlertThresholds">Percentages of a limit at which an alert is raised.</param>
/// <param name="RateLimit">How many requests a key may send.</param>
/// <param name="Limits">The most of a meter in a period.</param>
/// <param name="Charges">Prices.</param>
public sealed record PlanShape(
    string? Id, int? Version, string Name, string Currency, string? Interval, Amount? BaseFee, Amount? MinimumCommitment, string WalletMode,
    Amount? CreditValue, IReadOnlyList<int>? AlertThresholds, RateLimitShape? RateLimit, IReadOnlyList<LimitShape>? Limits,
    IReadOnlyList<ChargeShape>? Charges);

/// <summary>How many requests a key of a plan may send.</summary>
/// <param name="Requests">How many.</param>
/// <param name="Per"><c>second</c>, <c>minute</c>, <c>hour</c> or <c>day</c>.</param>
public sealed record RateLimitShape(int Requests, string Per);

/// <summary>The most of a meter in a period.</summary>
/// <param name="Meter">The meter.</param>
/// <param name="Max">The last quantity within the limit; null or -1 is unlimited.</param>
/// <param name="Period"><c>hour</c>, <c>day</c>, <c>month</c> or <c>billing</c>.</param>
/// <param name="Hard">Whether events past it are refused; true where it is absent.</param>
public sealed record LimitShape(string Meter, Amount? Max, string Period, bool? Hard);

/// <summary>The price of one meter. Which members a model takes stands in the catalogue's README.</summary>
/// <param name="Meter">The meter.</param>
/// <param name="In"><c>money</c> or <c>credits</c>.</param>
/// <param name="Model"><c>flat</c>, <c>per_unit</c>, <c>graduated</c>, <c>volume</c>, <c>package</c>, <c>percentage</c> or
/// <c>matrix</c>.</param>
/// <param name="UnitPrice">The price of <paramref name="Per"/> units; of a package, of one.</param>
/// <param name="Per">How many units a unit price is for.</param>
/// <param name="Included">What the base fee covers.</param>
/// <param name="Amount">Of a flat charge.</param>
/// <param name="Percent">Of a percentage charge.</param>
/// <param name="PackageSize">Units in a package.</param>
/// <param name="Tiers">Of graduated and volume charges.</param>
/// <param name="Dimensions">Of a matrix.</param>
/// <param name="Cells">Of a matrix.</param>
/// <param name="Otherwise">Of a matrix: the price where no cell matches; null is none.</param>
/// <param name="MinimumCommitment">The least the charge comes to in an interval.</param>
public sealed record ChargeShape(
    string Meter, string In, string Model, Amount? UnitPrice, Amount? Per, Amount? Included, Amount? Amount, Amount? Percent,
    Amount? PackageSize, IReadOnlyList<TierShape>? Tiers, IReadOnlyList<string>? Dimensions, IReadOnlyList<CellShape>? Cells,
    Amount? Otherwise, Amount? MinimumCommitment);

/// <summary>A price up to a bound.</summary>
/// <param name="UpTo">The last quantity in the tier; null for the last tier.</param>
/// <param name="UnitPrice">The price in it.</param>
/// <param name="FlatFee">Charged once when it is reached.</param>
public sealed record TierShape(Amount? UpTo, Amount UnitPrice, Amount? FlatFee);

/// <summary>The price of one combination of dimensions.</summary>
/// <param name="Match">Values by dimension; one that is left out matches every value.</param>
/// <param name="UnitPrice">The price.</param>
public sealed record CellShape(IReadOnlyDictionary<string, string> Match, Amount UnitPrice);
