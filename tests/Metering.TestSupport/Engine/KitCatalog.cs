using Metering.Core.Catalog;
using Metering.Core.Ids;
using Metering.Core.Invoicing;
using Metering.Core.Money;
using Metering.Core.Time;
using Metering.Grid.Directory;

namespace Metering.TestSupport.Engine;

/// <summary>One meter, <c>units</c>, that sums <c>quantity</c> by <c>model</c> of events of type <c>use</c>; plans that burn a credit a
/// unit, and one that is billed in money.</summary>
public static class KitCatalog
{
    /// <summary>The event type that the meter counts.</summary>
    public const string EventType = "use";

    /// <summary>Refuses what the wallet cannot pay.</summary>
    public const string Prepaid = "prepaid";

    /// <summary>Burns beyond the wallet.</summary>
    public const string Overage = "overage";

    /// <summary>49 USD a month and 0.10 USD a unit.</summary>
    public const string Money = "money";

    /// <summary>Makes the catalogue.</summary>
    /// <param name="softLimit">Units a month that raise alerts on the plans that burn credits.</param>
    /// <param name="included">Units a month that the plan billed in money includes.</param>
    /// <param name="dimensions">Dimensions of the meter.</param>
    public static CatalogRecord Make(long softLimit, long included, IReadOnlyList<string> dimensions) => new(
        [
            new Meter
            {
                Id = MeterId.Parse("units"), EventType = EventType, Aggregation = Aggregation.Sum, Value = "quantity", Unit = "units",
                Dimensions = [.. dimensions],
            },
        ],
        [Plan(Prepaid, WalletMode.Prepaid, softLimit), Plan(Overage, WalletMode.PrepaidOverage, softLimit), MoneyPlan(included)])
    {
        Coupons = [new Coupon { Id = CouponId.Parse("half"), Name = "Half", Percent = Amount.FromWhole(50), Invoices = 3 }],
    };

    private static Plan MoneyPlan(long included) => new()
    {
        Id = PlanId.Parse(Money),
        Version = 1,
        Name = "Money",
        Currency = Currency.Parse("USD"),
        WalletMode = WalletMode.Postpaid,
        BaseFee = Amount.FromWhole(49),
        Charges =
        [
            new Charge
            {
                Meter = MeterId.Parse("units"), In = ChargeUnit.Money, Model = ChargeModel.PerUnit, UnitPrice = Amount.Parse("0.1"),
                Included = Amount.FromWhole(included),
            },
        ],
    };

    private static Plan Plan(string id, WalletMode mode, long softLimit) => new()
    {
        Id = PlanId.Parse(id),
        Version = 1,
        Name = id,
        Currency = Currency.Parse("USD"),
        WalletMode = mode,
        CreditValue = Amount.Parse("0.001"),
        Limits = [new PlanLimit(MeterId.Parse("units"), Amount.FromWhole(softLimit), PeriodKind.Month, Hard: false)],
        Charges =
        [
            new Charge { Meter = MeterId.Parse("units"), In = ChargeUnit.Credits, Model = ChargeModel.PerUnit, UnitPrice = Amount.One },
        ],
    };
}
