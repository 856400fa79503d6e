using System.Globalization;

namespace Metering.Scenarios.Support;

/// <summary>A calendar month of UTC, as a billing period of customers who live there.</summary>
internal sealed record Month(DateTimeOffset Start)
{
    /// <summary>The grace for late events is an hour.</summary>
    private static readonly TimeSpan Grace = TimeSpan.FromMinutes(60);

    public DateTimeOffset End => Start.AddMonths(1);

    /// <summary>When it is closed.</summary>
    public DateTimeOffset Closed => End + Grace;

    public Month Next => new(End);

    public int Days => DateTime.DaysInMonth(Start.Year, Start.Month);

    /// <summary>As invoices name it.</summary>
    public string Label => Start.ToString("yyyy-MM", CultureInfo.InvariantCulture);

    public string FirstDay => Day(1);

    public string LastDay => Day(Days);

    /// <summary>The midnight that a day begins with.</summary>
    public DateTimeOffset At(int day) => Start.AddDays(day - 1);

    public string Day(int day) => At(day).ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);
}
