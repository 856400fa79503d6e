using Metering.Core.Catalog;
using Metering.Core.Money;
using Metering.Core.Time;
using Metering.Grid.History;

namespace Metering.Api.Usage;

/// <summary>One row of a report: what was used and what it cost in one period, of one value of the dimension grouped by.</summary>
internal sealed class ReportRow(Period period, string? group)
{
    private ExactSum cost;

    public Period Period { get; } = period;

    /// <summary>The value grouped by; null without a grouping and where the usage lacks the dimension.</summary>
    public string? Group { get; } = group;

    public SortedDictionary<string, MeterTotal> Meters { get; } = new(StringComparer.Ordinal);

    /// <summary>The cost so far, rounded half to even to the ninth decimal; null where it is outside of the range of amounts.</summary>
    public Amount? Cost => cost.TryRound(out var total) ? total : null;

    public void Add(Meter meter, UsageHourRow row)
    {
        if (!Meters.TryGetValue(row.Meter, out var total))
            Meters[row.Meter] = total = new MeterTotal(meter.Aggregation);
        total.Add(row);
    }

    public void AddCost(in ExactSum part) => cost.Add(part);
}

/// <summary>
/// Adds hours of usage up to the rows of a report. The hours of a project come in order, from the start of the billing period that the
/// report begins in; those before <paramref name="from"/> are priced, so that what is included and the tiers stand right,
/// and then left out.
/// </summary>
internal sealed class UsageReport(IReadOnlyDictionary<string, Meter> meters, Instant from, Func<Instant, Period> periodOf, string? groupBy)
{
    private readonly Dictionary<(Instant Start, string Group), ReportRow> rows = [];
    private Period period;

    /// <summary>The rows by period, then by group.</summary>
    public IReadOnlyList<ReportRow> Rows =>
        [.. rows.Values.OrderBy(row => row.Period.Start).ThenBy(row => row.Group, StringComparer.Ordinal)];

    /// <summary>Adds the hours of one project.</summary>
    /// <param name="plan">The version that prices them.</param>
    /// <param name="billingPeriodOf">The project's billing periods.</param>
    /// <param name="hours">The hours, by start.</param>
    public void Add(Plan plan, Func<Instant, Period> billingPeriodOf, IEnumerable<UsageHourRow> hours)
    {
        var pricing = new UsageCost(plan, meters);
        Period billing = default;
        foreach (var row in hours)
        {
            if (!billing.Contains(row.Start))
            {
                billing = billingPeriodOf(row.Start);
                pricing.BeginPeriod();
            }

            ExactSum cost = default;
            pricing.Add(row, ref cost);
            if (row.Start < from || !meters.TryGetValue(row.Meter, out var meter))
                continue;
            var target = RowOf(row);
            target.Add(meter, row);
            target.AddCost(cost);
        }
    }

    private ReportRow RowOf(UsageHourRow row)
    {
        if (!period.Contains(row.Start))
            period = periodOf(row.Start);
        var group = groupBy is null ? null : Dimensions.ValueOf(row.Dimensions, groupBy);
        if (!rows.TryGetValue((period.Start, group ?? ""), out var found))
            rows[(period.Start, group ?? "")] = found = new ReportRow(period, group);
        return found;
    }
}
