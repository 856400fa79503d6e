namespace Metering.Core.Catalog;

/// <summary>How a meter makes one quantity of many events. The numbers stand in the journal: never reuse one.</summary>
public enum Aggregation
{
    /// <summary>The values added up.</summary>
    Sum = 1,

    /// <summary>How many events.</summary>
    Count = 2,

    /// <summary>The largest value.</summary>
    Max = 3,

    /// <summary>The value of the event with the latest time; of two at the same time, the one journaled later.</summary>
    Latest = 4,

    /// <summary>How many different values.</summary>
    Unique = 5,

    /// <summary>The mean of the values; for reports, never priced or limited.</summary>
    Avg = 6,
}
