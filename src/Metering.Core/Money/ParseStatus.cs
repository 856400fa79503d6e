namespace Metering.Core.Money;

/// <summary>What reading an amount gave; the first that applies, in this order.</summary>
public enum ParseStatus
{
    Ok = 0,

    /// <summary>Not a number by the JSON grammar.</summary>
    Malformed = 1,

    /// <summary>More than 18 digits before the point.</summary>
    OutOfRange = 2,

    /// <summary>Text with a digit other than zero past the ninth decimal.</summary>
    TooPrecise = 3,
}
