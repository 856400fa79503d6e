using Metering.Core.Catalog;
using Metering.Core.Ids;
using Metering.Core.Money;
using Metering.Core.Time;
using Metering.Grid.Directory;

namespace Metering.Grid.Tests.Support;

/// <summary>One meter, <c>units</c>, that sums <c>quantity</c> of events of type <c>use</c>, and plans that burn a credit a unit.</summary>
internal static class UseCatalog
{
    public const string EventType = "use";
    public const string Prepaid = "prepaid";
    public const string Overage = "overage";

    /// <summary>49 USD a month, 100 units included, 0.10 USD a unit from there on.</summary>
    public const string Money = "money";

    public static CatalogRecord Record { get; } = new(
        [
            new Meter
            {
                Id = MeterId.Parse("units"), EventType = EventType, Aggregation = Aggregation.Sum, Value = "quantity", Unit = "units",
            },
        ],
        [Plan(Prepaid, WalletMode.Prepaid), Plan(Overage, WalletMode.PrepaidOverage), MoneyPlan]);

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
                Included = Amount.FromWhole(100),
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
        Limits = [new PlanLimit(MeterId.Parse("units"), Amount.FromWhole(1_000_000_000), PeriodKind.Month, Hard: false)],
        Charges =
        [
            new Charge { Meter = MeterId.Parse("units"), In = ChargeUnit.Credits, Model = ChargeModel.PerUnit, UnitPrice = Amount.One },
        ],
    };
}
