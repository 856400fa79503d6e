namespace Metering.Core.Time;

/// <summary>
/// How much of its plan's interval a segment covers, an exact fraction of seconds, reduced: 1/1 for a full period. May be above one
/// where a monthly plan runs inside a yearly period. The default is zero.
/// </summary>
/// <param name="Numerator">Not negative.</param>
/// <param name="Denominator">Above zero.</param>
public readonly record struct IntervalShare(long Numerator, long Denominator)
{
    public static readonly IntervalShare Whole = new(1, 1);

    public bool IsWhole => Numerator == 1 && Denominator == 1;
}
