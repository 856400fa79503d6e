using Metering.Core.Invoicing;
using Metering.Core.Time;

namespace Metering.Delivery.Pdf;

/// <summary>The days on a customer's calendar.</summary>
internal readonly struct LocalDays
{
    private static readonly TimeSpan least = TimeSpan.FromMicroseconds(1);

    private readonly TimeZoneInfo zone;

    private LocalDays(TimeZoneInfo zone) => this.zone = zone;

    /// <exception cref="InvalidOperationException">This machine does not know the customer's time zone.</exception>
    public static LocalDays Of(Invoice invoice) =>
        TimeZones.TryFind(invoice.TimeZone, out TimeZoneInfo? zone)
            ? new LocalDays(zone)
            : throw new InvalidOperationException($"There is no time zone {invoice.TimeZone} on this machine.");

    public DateOnly DayOf(Instant at) => Calendar.LocalDate(at, zone);

    /// <summary>The last day of a stretch of time that ends before an instant.</summary>
    public DateOnly LastDayBefore(Instant end) => Calendar.LocalDate(end - least, zone);
}
