namespace Metering.Core.Usage;

/// <summary>
/// What became of one event, in the order in which it is decided: the first that applies is the answer. Numbers are stable.
/// </summary>
public enum EventCode : byte
{
    /// <summary>Durable and in the balance. Success.</summary>
    Accepted = 0,

    /// <summary>Counted before; the answer carries the first outcome. Success.</summary>
    Duplicate = 1,

    /// <summary>The customer's shard or owner is away. Send it again.</summary>
    Unavailable = 2,

    /// <summary>No project or customer has the subject's id.</summary>
    CustomerNotFound = 3,

    /// <summary>The customer is suspended.</summary>
    CustomerSuspended = 4,

    /// <summary>No meter counts events of this type.</summary>
    UnknownMeter = 5,

    /// <summary>The plan has no price for these dimensions.</summary>
    NoPrice = 6,

    /// <summary>Its time is before what the accepted age allows.</summary>
    TooOld = 7,

    /// <summary>Its time is more than five minutes ahead.</summary>
    InFuture = 8,

    /// <summary>A quantity is negative or too large, or a total would be.</summary>
    OutOfRange = 9,

    /// <summary>A unique count is at its bound of values for the period.</summary>
    TooManyValues = 10,

    /// <summary>A hard limit of the plan would be passed.</summary>
    LimitExceeded = 11,

    /// <summary>The wallet cannot pay and may not go over.</summary>
    InsufficientCredits = 12,
}
