using System.Collections.Concurrent;
using System.Collections.Frozen;
using System.Diagnostics.CodeAnalysis;
using System.Text;
using Metering.Core.Catalog;
using Metering.Core.Ids;
using Metering.Core.Invoicing;
using Metering.Core.Money;
using Metering.Grid.Ingest;
using Metering.Grid.Partitions;

namespace Metering.Grid.Directory;

/// <summary>Meters and plans as they were at one version of the directory, compiled. Immutable.</summary>
public sealed class CatalogSnapshot
{
    private readonly FrozenDictionary<string, EventShape> shapes;
    private readonly FrozenDictionary<string, EventShape>.AlternateLookup<ReadOnlySpan<char>> shapesBySpan;
    private readonly FrozenDictionary<(string Id, int Version), PlanCache> plans;
    private readonly FrozenDictionary<string, Plan> newest;
    private readonly ConcurrentDictionary<(string Plan, int Version, EventShape Shape), PlanBinding> bindings = [];

    private readonly ConcurrentDictionary<(string Plan, int Version, string Currency), PricedPlan> priced = [];
    private readonly Dictionary<MeterId, Meter> metersById;

    /// <summary>Compiles a catalogue.</summary>
    public CatalogSnapshot(CatalogRecord record)
    {
        metersById = record.Meters.ToDictionary(meter => meter.Id);
        TaxRates = record.TaxRates;
        Coupons = record.Coupons.ToFrozenDictionary(coupon => coupon.Id.Value, StringComparer.Ordinal);
        ExchangeRates = record.ExchangeRates;
        Meters = record.Meters.ToFrozenDictionary(meter => meter.Id.ToString(), StringComparer.Ordinal);
        shapes = record.Meters.GroupBy(meter => meter.EventType).ToFrozenDictionary(
            group => group.Key, group => new EventShape(group.Key, [.. group]), StringComparer.Ordinal);
        shapesBySpan = shapes.GetAlternateLookup<ReadOnlySpan<char>>();
        plans = record.Plans.ToFrozenDictionary(plan => (plan.Id.ToString(), plan.Version), plan => new PlanCache(this, plan));
        newest = record.Plans.GroupBy(plan => plan.Id.ToString()).ToFrozenDictionary(
            group => group.Key, group => group.MaxBy(plan => plan.Version)!, StringComparer.Ordinal);
    }

    /// <summary>The empty catalogue.</summary>
    public static CatalogSnapshot Empty { get; } = new(new CatalogRecord([], []));

    /// <summary>All meters by id.</summary>
    public FrozenDictionary<string, Meter> Meters { get; }

    /// <summary>All tax rates, in the order in which invoices show them.</summary>
    public IReadOnlyList<TaxRate> TaxRates { get; }

    /// <summary>All coupons by id.</summary>
    public FrozenDictionary<string, Coupon> Coupons { get; }

    /// <summary>All exchange rates, by currencies, then day.</summary>
    public IReadOnlyList<ExchangeRate> ExchangeRates { get; }

    /// <summary>The newest version of every plan, by id.</summary>
    public IReadOnlyDictionary<string, Plan> Plans => newest;

    /// <summary>The shape of an event type, or null when no meter counts it.</summary>
    public EventShape? FindShape(ReadOnlySpan<byte> typeUtf8)
    {
        Span<char> chars = stackalloc char[256];
        if (typeUtf8.Length > chars.Length || !Encoding.UTF8.TryGetChars(typeUtf8, chars, out int written))
            return null;
        return shapesBySpan.TryGetValue(chars[..written], out EventShape? shape) ? shape : null;
    }

    /// <summary>One version of a plan.</summary>
    public bool TryFindPlan(string id, int version, [NotNullWhen(true)] out Plan? plan)
    {
        plan = FindBindings(id, version)?.Plan;
        return plan is not null;
    }

    /// <summary>One version of a plan, with what was found out about it for decisions.</summary>
    internal PlanCache? FindBindings(string id, int version) => plans.GetValueOrDefault((id, version));

    /// <summary>A plan version and an event type, made ready for decisions; made once.</summary>
    internal PlanBinding Bind(Plan plan, EventShape shape) =>
        bindings.GetOrAdd((plan.Id.Value, plan.Version, shape), static (_, pair) => new PlanBinding(pair.plan, pair.shape), (plan, shape));

    /// <summary>A plan version priced in a currency, made once.</summary>
    /// <exception cref="ArgumentException">The plan has no prices in it.</exception>
    internal PricedPlan Price(Plan plan, Currency currency) => priced.GetOrAdd(
        (plan.Id.Value, plan.Version, currency.Code), static (_, made) => PricedPlan.Compile(made.plan, made.currency, made.metersById),
        (plan, currency, metersById));

    /// <summary>The newest version of a plan.</summary>
    public bool TryFindNewestPlan(string id, [NotNullWhen(true)] out Plan? plan) => newest.TryGetValue(id, out plan);
}
