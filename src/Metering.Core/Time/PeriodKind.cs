namespace Metering.Core.Time;

/// <summary>Over what a limit counts. The numbers stand in the journal: never reuse one.</summary>
public enum PeriodKind
{
    /// <summary>An hour of the customer's time zone; see <see cref="Calendar.HourOf"/> for what a clock change does to it.</summary>
    Hour = 1,

    /// <summary>A calendar day of the customer's time zone.</summary>
    Day = 2,

    /// <summary>A calendar month of the customer's time zone.</summary>
    Month = 3,

    /// <summary>The billing period of the project.</summary>
    Billing = 4,
}
