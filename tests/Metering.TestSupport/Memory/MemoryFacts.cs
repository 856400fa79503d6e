using Metering.Core.Catalog;
using Metering.Core.Invoicing;
using Metering.Grid.Directory;

namespace Metering.TestSupport.Memory;

/// <summary>Tax rates, coupons and exchange rates in memory.</summary>
public sealed class MemoryFacts
{
    private readonly SortedDictionary<string, TaxRate> taxRates = new(StringComparer.Ordinal);
    private readonly SortedDictionary<string, Coupon> coupons = new(StringComparer.Ordinal);
    private readonly SortedDictionary<(string From, string To, DateOnly Day), ExchangeRate> exchangeRates = [];

    /// <summary>Adds them to meters and plans.</summary>
    public CatalogRecord Fill(IReadOnlyList<Meter> meters, IReadOnlyList<Plan> plans) => new(meters, plans)
    {
        TaxRates = [.. taxRates.Values],
        Coupons = [.. coupons.Values],
        ExchangeRates = [.. exchangeRates.Values],
    };

    public FactPutStatus Put(TaxRate rate) => Put(taxRates, rate.Id.Value, rate);

    public FactPutStatus Put(Coupon coupon) => Put(coupons, coupon.Id.Value, coupon);

    public FactPutStatus Put(ExchangeRate rate) => Put(exchangeRates, (rate.From.Code, rate.To.Code, rate.ValidFrom), rate);

    public bool RemoveTaxRate(string id) => taxRates.Remove(id);

    public bool RemoveCoupon(string id) => coupons.Remove(id);

    public bool RemoveExchangeRate(string from, string to, DateOnly day) => exchangeRates.Remove((from, to, day));

    private static FactPutStatus Put<TKey, T>(SortedDictionary<TKey, T> facts, TKey key, T fact)
        where TKey : notnull
        where T : class
    {
        bool exists = facts.TryGetValue(key, out T? old);
        facts[key] = fact;
        return !exists ? FactPutStatus.Created : old!.Equals(fact) ? FactPutStatus.Unchanged : FactPutStatus.Changed;
    }
}
