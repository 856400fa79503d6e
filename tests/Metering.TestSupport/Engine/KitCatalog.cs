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

    /// <summary>Burns beyond the wallet; a soft limit of 1,000 a month.</summary>
    public const string Overage = "overage";

    /// <summary>49 USD a month and 0.10 USD a unit.</summary>
    public const string Money = "money";

    /// <summary>The catalogue.</summary>
    public static CatalogRecord Record { get; } = new(
        [
            new Meter
            {
                Id = MeterId.Parse("units"), EventType = EventType, Aggregation = Aggregation.Sum, Value = "quantity", Unit = "units",
                Dimensions = ["model"],
            },
        ],
        [Plan(Prepaid, WalletMode.Prepaid), Plan(Overage, WalletMode.PrepaidOverage), MoneyPlan])
    {
        Coupons = [new Coupon { Id = CouponId.Parse("half"), Name = "Half", Percent = Amount.FromWhole(50), Invoices = 3 }],
    };

    private static Plan MoneyPlan => new()
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
            },
        ],
    };

    private static Plan Plan(string id, WalletMode mode) => new()
    {
        Id = PlanId.Parse(id),
        Version = 1,
        Name = id,
        Currency = Currency.Parse("USD"),
        WalletMode = mode,
        CreditValue = Amount.Parse("0.001"),
        Limits = [new PlanLimit(MeterId.Parse("units"), Amount.FromWhole(1_000), PeriodKind.Month, Hard: false)],
        Charges =
        [
            new Charge { Meter = MeterId.Parse("units"), In = ChargeUnit.Credits, Model = ChargeModel.PerUnit, UnitPrice = Amount.One },
        ],
    };
}
