using System.Globalization;
using Metering.Core.Catalog;
using Metering.Core.Money;
using Metering.Core.Rating;
using Metering.Core.Time;
using Metering.Grid.Projects;
using Calendar = Metering.Core.Time.Calendar;

namespace Metering.Api.Usage;

/// <summary>Formulas of <c>/api/usage</c>: what one customer is shown of its own default project.</summary>
internal static class OwnUsage
{
    /// <summary>
    /// The limit that the answer is about: the one on API calls, else the plan's first; of several on one meter the tightest hard one. Null
    /// where the plan limits nothing.
    /// </summary>
    public static LimitView? MainLimit(IReadOnlyList<LimitView> limits)
    {
        string? meter = limits.Any(limit => limit.Meter == ApiCallMeters.Billable) ? ApiCallMeters.Billable
            : limits.FirstOrDefault()?.Meter;
        return limits.Where(limit => limit.Meter == meter).OrderByDescending(limit => limit.Hard)
            .ThenBy(limit => limit.Max ?? Amount.MaxValue).FirstOrDefault();
    }

    /// <summary>What a meter has counted in the running billing period, over all dimensions. Only the partition knows it: a unique count, a
    /// latest value and a mean do not add up.</summary>
    public static Amount Used(ProjectView view, string meter) =>
        view.Totals.FirstOrDefault(total => total.Meter == meter)?.Quantity ?? Amount.Zero;

    /// <summary>The word for a period: the month in which it begins, or the date for an hour or a day.</summary>
    public static string Label(PeriodKind kind, Instant start, TimeZoneInfo zone) => Calendar.LocalDate(start, zone).ToString(
        kind is PeriodKind.Hour or PeriodKind.Day ? "yyyy-MM-dd" : "yyyy-MM", CultureInfo.InvariantCulture);

    /// <summary>The money charge whose included amount the overage is counted from: the one on API calls, else the plan's first that
    /// includes anything.</summary>
    public static Charge? OverageCharge(Plan plan)
    {
        Charge[] charges = [.. plan.Charges.Where(charge => charge.In == ChargeUnit.Money && CompiledCharge.CanPriceEvents(charge.Model)
            && charge.Model != ChargeModel.Matrix)];
        return charges.FirstOrDefault(charge => charge.Meter.Value == ApiCallMeters.Billable)
            ?? charges.FirstOrDefault(charge => charge.Included.IsPositive);
    }

    /// <summary>What a quantity of a billing period costs beyond what is included, rounded half to even to the currency's minor unit; null
    /// where that has more than 18 digits before the point.</summary>
    public static Amount? OverageCost(Charge charge, Amount used, Currency currency)
    {
        ExactSum sum = default;
        CompiledCharge.Compile(charge).TryPrice(used, Amount.Zero, DimensionValues.None, ref sum);
        return Rounding.TryToMinorUnit(sum, currency, out Amount cost) ? cost : null;
    }

    /// <summary>The overage in words.</summary>
    public static string Message(Amount used, Amount included, Amount overage, Amount? cost, Currency currency) => overage.IsZero
        ? $"{used} of {included} included are used."
        : $"{overage} beyond the {included} included cost "
            + $"{CostText(cost, currency)} {currency.Code} so far.";

    private static string CostText(Amount? cost, Currency currency) =>
        cost?.ToDecimal().ToString("F" + currency.MinorUnits, CultureInfo.InvariantCulture) ?? $"{Amount.MaxValue} or more";
}
