namespace Metering.Core.Time;

/// <summary>How often a plan bills. The numbers stand in the journal: never reuse one.</summary>
public enum BillingInterval
{
    Month = 1,
    Year = 2,
}

/// <summary>
/// Where billing periods begin: on this day of each month, or of this month of each year. In a month that is too short they begin on its
/// last day.
/// </summary>
public readonly record struct BillingAnchor
{
    private BillingAnchor(BillingInterval interval, int month, int day)
    {
        Interval = interval;
        Month = month;
        Day = day;
    }

    public BillingInterval Interval { get; }

    /// <summary>1 to 12 for a yearly anchor; 0 for a monthly one.</summary>
    public int Month { get; }

    /// <summary>1 to 31.</summary>
    public int Day { get; }

    /// <summary>Where the periods of an interval begin for a customer with a billing anchor day: on that day of each month, or of each
    /// January.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The day is not 1 to 31.</exception>
    public static BillingAnchor Of(BillingInterval interval, int day) =>
        interval == BillingInterval.Year ? Yearly(1, day) : Monthly(day);

    /// <exception cref="ArgumentOutOfRangeException">The day is not 1 to 31.</exception>
    public static BillingAnchor Monthly(int day)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(day, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(day, 31);
        return new BillingAnchor(BillingInterval.Month, 0, day);
    }

    /// <exception cref="ArgumentOutOfRangeException">The month is not 1 to 12, or no year has the day in it.</exception>
    public static BillingAnchor Yearly(int month, int day)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(month, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(month, 12);
        ArgumentOutOfRangeException.ThrowIfLessThan(day, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(day, DateTime.DaysInMonth(2000, month));
        return new BillingAnchor(BillingInterval.Year, month, day);
    }
}
