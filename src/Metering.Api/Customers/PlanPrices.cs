using Metering.Api.Problems;
using Metering.Core.Catalog;
using Metering.Core.Money;

namespace Metering.Api.Customers;

/// <summary>A customer pays in one currency: its projects are only on plans that have prices in it.</summary>
internal static class PlanPrices
{
    /// <summary><c>currency_mismatch</c> where the plan has no prices in a currency, else null; the plan's own is always priced.</summary>
    public static Problem? Missing(Plan plan, string? currency) =>
        currency is null || (Currency.TryFind(currency, out var known) && plan.PricesIn(known) is not null)
            ? null
            : Problem.From(
                ProblemCodes.CurrencyMismatch, "Nothing was changed.",
                [new FieldError(null, "currency", $"Plan '{plan.Id.Value}' has no prices in {currency}.")]);
}
