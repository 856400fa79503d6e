using Metering.Core.Catalog;
using Metering.Core.Ids;
using Metering.Core.Money;
using Metering.Core.Time;

namespace Metering.Simulation.Load;

/// <summary>A plan as the simulation thinks of it: its own prices, in nano-credits, so that the judge need not ask the product.</summary>
internal sealed record PlanSpec(string Id, int Version, WalletMode Mode, long BigToken, long OtherToken, long Call, LimitSpec[] Limits)
{
    /// <summary>Percentages that raise alerts.</summary>
    public int[] Thresholds { get; init; } = [80, 95];

    public Plan ToPlan() => new()
    {
        Id = PlanId.Parse(Id),
        Version = Version,
        Name = Id,
        Currency = Currency.Parse("USD"),
        WalletMode = Mode,
        BaseFee = Amount.FromWhole(49),
        CreditValue = Amount.Parse("0.001"),
        AlertThresholds = Thresholds.ToValueList(),
        Limits = Limits.Select(limit =>
            new PlanLimit(MeterId.Parse(limit.Meter), Amount.FromNanos(limit.Max), limit.Period, limit.Hard)).ToValueList(),
        Charges =
        [
            new Charge
            {
                Meter = MeterId.Parse("tokens"), In = ChargeUnit.Credits, Model = ChargeModel.Matrix, Dimensions = ["model"],
                Cells = [new MatrixCell([new DimensionMatch("model", "big")], Amount.FromNanos(BigToken))],
                Otherwise = Amount.FromNanos(OtherToken),
            },
            new Charge
            {
                Meter = MeterId.Parse("calls"), In = ChargeUnit.Credits, Model = ChargeModel.PerUnit, UnitPrice = Amount.FromNanos(Call),
            },
        ],
    };
}

/// <summary>A limit of a plan; the maximum in nano-units.</summary>
internal sealed record LimitSpec(string Meter, long Max, PeriodKind Period, bool Hard);

/// <summary>The plans and meters of every simulation.</summary>
internal static class PlanSpecs
{
    private const long Unit = 1_000_000_000;

    public static IReadOnlyList<PlanSpec> All { get; } =
    [
        new("prepaid", 1, WalletMode.Prepaid, 500_000_000, 100_000_003, Unit, [new("calls", 40 * Unit, PeriodKind.Hour, true)]),
        new("prepaid", 2, WalletMode.Prepaid, 700_000_001, 90_000_000, 2 * Unit, [new("calls", 25 * Unit, PeriodKind.Hour, true)]),
        new("overage", 1, WalletMode.PrepaidOverage, 300_000_000, 33_333_333, Unit, [new("tokens", 300 * Unit, PeriodKind.Day, false)]),
        new("postpaid", 1, WalletMode.Postpaid, 1_000_000_000, 250_000_000, Unit,
            [new("tokens", 400 * Unit, PeriodKind.Billing, true), new("calls", 30 * Unit, PeriodKind.Day, false)]),
        new("capped", 1, WalletMode.Prepaid, 0, 0, 0,
            [new("calls", 20 * Unit, PeriodKind.Hour, true), new("tokens", 150 * Unit, PeriodKind.Day, true)])
        {
            Thresholds = [50, 80, 95],
        },
    ];

    public static IReadOnlyList<Meter> Meters { get; } =
    [
        new() { Id = MeterId.Parse("tokens"), EventType = "tokens", Aggregation = Aggregation.Sum, Value = "n", Dimensions = ["model"] },
        new() { Id = MeterId.Parse("peak"), EventType = "tokens", Aggregation = Aggregation.Max, Value = "n" },
        new() { Id = MeterId.Parse("calls"), EventType = "call", Aggregation = Aggregation.Count },
        new() { Id = MeterId.Parse("users"), EventType = "call", Aggregation = Aggregation.Unique, Value = "model" },
    ];

    public static PlanSpec Find(string id, int version) => All.Single(plan => plan.Id == id && plan.Version == version);
}
