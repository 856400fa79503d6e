using System.Globalization;
using Metering.Core.Money;

namespace Metering.Core.Usage;

/// <summary>How alerts are worded and graded.</summary>
public static class AlertText
{
    /// <summary><c>exceeded</c> from 100 %, <c>critical</c> from 95 %, else <c>warning</c>.</summary>
    public static string Severity(int threshold) => threshold >= 100 ? "exceeded" : threshold >= 95 ? "critical" : "warning";

    /// <summary>The largest percentage that is told: a decimal reads it with its nine places from a database.</summary>
    public const decimal PercentageMax = 1_000_000_000_000_000_000m;

    /// <summary>Used in percent of the maximum, rounded half to even to one decimal; 100 where the maximum is zero;
    /// <see cref="PercentageMax"/> where it is more.</summary>
    public static decimal Percentage(Amount used, Amount max)
    {
        if (max.IsZero)
            return 100m;
        decimal ratio = used.ToDecimal() / max.ToDecimal();
        return ratio >= PercentageMax / 100m ? PercentageMax : decimal.Round(ratio * 100m, 1, MidpointRounding.ToEven);
    }

    /// <summary>Such as "Participant minutes at 85.0% of limit".</summary>
    public static string Message(string meter, Amount used, Amount max) => string.Create(
        CultureInfo.InvariantCulture, $"{Title(meter)} at {Percentage(used, max):0.0}% of limit");

    /// <summary>Whether <paramref name="used"/> is at or past a threshold in percent of <paramref name="max"/>; exact.</summary>
    public static bool Reaches(Amount used, Amount max, int threshold) =>
        used.Nanos * 100 >= max.Nanos * threshold;

    /// <summary>A meter's id as words: "Participant minutes".</summary>
    public static string Title(string meter) =>
        meter.Length == 0 ? meter : char.ToUpperInvariant(meter[0]) + meter[1..].Replace('_', ' ');
}
