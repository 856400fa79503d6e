using Metering.Api.Problems;
using Metering.Core.Catalog;
using Metering.Core.Time;

namespace Metering.Api.Usage;

/// <summary>The query of <c>GET /v1/usage/{project}/aggregated</c>, with everything that is wrong with it.</summary>
/// <param name="Word"><c>hourly</c>, <c>daily</c> or <c>monthly</c>.</param>
/// <param name="Kind">The same.</param>
/// <param name="Range">The stretch of time, in whole hours.</param>
/// <param name="Meters">The meters it is about; null for all.</param>
/// <param name="Faults">What is wrong; the rest counts only where nothing is.</param>
internal sealed record AggregationQuery(string Word, PeriodKind Kind, Period Range, IReadOnlyList<string>? Meters, List<FieldError> Faults)
{
    private static readonly TimeSpan HourlyMax = TimeSpan.FromDays(93);

    public static AggregationQuery Read(
        (string? Period, string? Start, string? End, string? Meter, string? GroupBy) sent, TimeZoneInfo zone, Instant now,
        IReadOnlyDictionary<string, Meter> meters)
    {
        List<FieldError> faults = [];
        string word = sent.Period ?? "daily";
        PeriodKind? kind = word switch { "hourly" => PeriodKind.Hour, "daily" => PeriodKind.Day, "monthly" => PeriodKind.Month, _ => null };
        if (kind is null)
            faults.Add(new FieldError(null, "period", "Must be hourly, daily or monthly."));
        Period range = DateRanges.Read(("start", sent.Start), ("end", sent.End), zone, now, faults) is { } read
            ? read with { Start = Calendar.HourOf(read.Start, zone).Start }
            : default;
        if (kind == PeriodKind.Hour && range.Length > HourlyMax)
            faults.Add(new FieldError(null, "end", "Must be within 93 days after the start for hours."));
        if (sent.Meter is not null && !meters.ContainsKey(sent.Meter))
            faults.Add(new FieldError(null, "meter", $"There is no meter '{sent.Meter}'."));
        return new AggregationQuery(word, kind ?? PeriodKind.Day, range, MetersOf(sent.Meter, sent.GroupBy, meters, faults), faults);
    }

    /// <summary>One meter, or those that have the dimension grouped by: others cannot be split by it.</summary>
    private static IReadOnlyList<string>? MetersOf(
        string? meter, string? groupBy, IReadOnlyDictionary<string, Meter> meters, List<FieldError> faults)
    {
        if (groupBy is null)
            return meter is null ? null : [meter];
        string[] having = [.. meters.Values.Where(one => one.Dimensions.Contains(groupBy)).Select(one => one.Id.Value)
            .Where(id => meter is null || id == meter)];
        if (having.Length == 0)
            faults.Add(new FieldError(
                null, "group_by", $"'{groupBy}' is no dimension of {(meter is null ? "any meter" : $"meter '{meter}'")}."));
        return having;
    }
}
