using Metering.Api.Problems;
using System.Globalization;
using Metering.Api.Json;
using Metering.Core.Time;
using Calendar = Metering.Core.Time.Calendar;

namespace Metering.Api.Usage;

/// <summary>
/// Reads the ends of a stretch of time from a query: each an RFC 3339 time, or a date alone, which is the whole day in the customer's time
/// zone, so that as an end it is inclusive.
/// </summary>
internal static class DateRanges
{
    private static readonly TimeSpan LengthMax = TimeSpan.FromDays(3 * 366);

    /// <summary>A start, or null when the parameter is absent or wrong.</summary>
    public static Instant? Start(string field, string? text, TimeZoneInfo zone, List<FieldError> faults) =>
        Read(field, text, faults) is { } point ? point.At ?? Calendar.StartOf(point.Day, zone) : null;

    /// <summary>An end, exclusive, or null when the parameter is absent or wrong.</summary>
    public static Instant? End(string field, string? text, TimeZoneInfo zone, List<FieldError> faults) =>
        Read(field, text, faults) is { } point ? point.At ?? Calendar.StartOf(point.Day.AddDays(1), zone) : null;

    /// <summary>A stretch of at most three years; without a start from the beginning of the customer's month, without an end up to
    /// now.</summary>
    public static Period? Read(
        (string Field, string? Text) start, (string Field, string? Text) end, TimeZoneInfo zone, Instant now, List<FieldError> faults)
    {
        var known = faults.Count;
        var from = Start(start.Field, start.Text, zone, faults);
        var to = End(end.Field, end.Text, zone, faults) ?? now;
        if (faults.Count > known)
            return null;
        from ??= Calendar.MonthOf(Instant.Min(to, now), zone).Start;
        if (to <= from)
            faults.Add(new FieldError(null, end.Field, "Must be after the start."));
        else if (to - from > LengthMax)
            faults.Add(new FieldError(null, end.Field, "Must be within three years after the start."));
        return faults.Count > known ? null : new Period(from.Value, to);
    }

    private static (Instant? At, DateOnly Day)? Read(string field, string? text, List<FieldError> faults)
    {
        if (text is null)
            return null;
        if (DateOnly.TryParseExact(text, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var day)
            && day.Year is > 1900 and < 9000)
            return (null, day);
        if (Instant.TryParseRfc3339(text, out var at) && at.ToUtcDateTime().Year is > 1900 and < 9000)
            return (at, default);
        faults.Add(new FieldError(null, field, "Must be a date, such as 2025-01-17, or a time by RFC 3339."));
        return null;
    }
}
