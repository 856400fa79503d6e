using Metering.Core.Time;

namespace Metering.Api.Usage;

/// <summary>Finds earlier billing periods from the running one.</summary>
internal static class BillingPeriods
{
    /// <summary>
    /// The anchor that the running period ends on. The end is always a full anchor day, also where the first period was cut short; where it
    /// is the last day of a shorter month, the start shows the day that is meant.
    /// </summary>
    public static BillingAnchor AnchorOf(Period running, BillingInterval interval, TimeZoneInfo zone)
    {
        var start = Calendar.LocalDate(running.Start, zone);
        var end = Calendar.LocalDate(running.End, zone);
        var isLastDay = end.Day == DateTime.DaysInMonth(end.Year, end.Month);
        var day = isLastDay ? Math.Max(start.Day, end.Day) : end.Day;
        return interval == BillingInterval.Year ? BillingAnchor.Yearly(end.Month, Math.Min(day, DateTime.DaysInMonth(2000, end.Month)))
            : BillingAnchor.Monthly(day);
    }
}
