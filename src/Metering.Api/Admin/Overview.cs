using System.Globalization;
using Metering.Core.Catalog;
using Metering.Core.Invoicing;
using Metering.Core.Money;
using Metering.Core.Time;
using Metering.Grid.Directory;
using Metering.Grid.History;

namespace Metering.Api.Admin;

/// <summary>
/// Puts the overview together. Monthly recurring revenue is the sum of the base fees of the plan versions that projects are on now, each in
/// its customer's currency, a yearly fee divided by 12; tax, usage and discounts are not a part of it.
/// </summary>
internal static class Overview
{
    private static readonly Amount monthsOfYear = Amount.FromWhole(12);

    public static OverviewAnswer Of(
        CatalogSnapshot catalog, string? currency, DateOnly today, DateOnly month, IReadOnlyList<PlanUsers> users,
        IReadOnlyList<RevenueRow> revenue, IReadOnlyList<RevenueRow> top, long events)
    {
        var recurring = new SortedDictionary<string, ExactSum>(StringComparer.Ordinal);
        foreach (PlanUsers group in users)
            AddFees(catalog, group, recurring);
        (string Currency, Amount Amount)[] sums = [.. recurring.Select(pair => (pair.Key, Round(pair.Value, pair.Key)))];
        string shown = currency ?? (sums.Length == 1 ? sums[0].Currency : sums.Length == 0 ? "USD" : "");
        return new OverviewAnswer(
            users.Sum(group => group.Customers),
            users.GroupBy(group => group.Plan).OrderBy(group => group.Key, StringComparer.Ordinal)
                .ToDictionary(group => group.Key, group => group.Sum(each => each.Customers)),
            shown.Length == 0 ? null : Total(catalog, sums, shown, today), shown.Length == 0 ? null : shown,
            [.. sums.Select(sum => new MoneyAnswer(sum.Currency, sum.Amount))],
            month.ToString("yyyy-MM", CultureInfo.InvariantCulture),
            [.. revenue.Select(row => new MoneyAnswer(row.Currency, row.Overage))],
            [.. revenue.Select(row => new MoneyAnswer(row.Currency, row.Total - row.Credited))],
            events,
            [.. top.OrderByDescending(row => row.Total)
                .Select(row => new TopCustomerAnswer(row.CustomerId!, row.Total, row.Overage, row.Currency))]);
    }

    private static void AddFees(CatalogSnapshot catalog, PlanUsers group, SortedDictionary<string, ExactSum> recurring)
    {
        if (!catalog.TryFindPlan(group.Plan, group.PlanVersion, out Plan? plan) || !Currency.TryFind(group.Currency, out Currency? paid)
            || plan.PricesIn(paid) is not { } prices)
            return;
        ExactSum sum = recurring.GetValueOrDefault(group.Currency);
        sum.Add(Amount.FromWhole(group.Projects), prices.BaseFee, plan.Interval == BillingInterval.Year ? monthsOfYear : Amount.One);
        recurring[group.Currency] = sum;
    }

    private static Amount Round(ExactSum sum, string currency) =>
        Rounding.TryToMinorUnit(sum, Currency.Parse(currency), out Amount amount) ? amount : Amount.MaxValue;

    /// <summary>In one currency by today's exchange rates; null where one lacks.</summary>
    private static Amount? Total(
        CatalogSnapshot catalog, IReadOnlyList<(string Currency, Amount Amount)> sums, string currency, DateOnly today)
    {
        var table = new ExchangeTable(catalog.ExchangeRates);
        Currency to = Currency.Parse(currency);
        Amount total = Amount.Zero;
        foreach ((string from, Amount amount) in sums)
        {
            if (!table.TryConvert(amount, Currency.Parse(from), to, today, out Amount? converted)
                || !total.TryAdd(converted.Value, out total))
                return null;
        }

        return total;
    }
}
