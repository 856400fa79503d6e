using System.Globalization;
using Metering.Core.Money;

namespace Metering.Core.Invoicing;

/// <summary>
/// What late usage changes: what the closed period comes to with it, less what it came to without it, under the closed plans, less what was
/// adjusted before. So an invoice and its adjustments add up to what one invoice would have been, had everything come in time.
/// </summary>
internal static class LateAdjustment
{
    /// <summary>Adds the line, where anything changes, and gives its amount.</summary>
    public static Amount Add(LatePeriod late, SegmentRater rater, List<InvoiceLine> lines)
    {
        var change = -late.AdjustedBefore;
        var scratch = new List<InvoiceLine>();
        foreach (var segment in late.Segments)
        {
            change += rater.TotalOf(new SegmentUse(segment), scratch) - rater.TotalOf(new SegmentUse(segment.Closed), scratch);
            scratch.Clear();
        }

        if (!change.IsZero)
        {
            var label = late.FirstDay.ToString("yyyy-MM", CultureInfo.InvariantCulture);
            lines.Add(SegmentRater.Plain(LineKind.Adjustment, $"Late usage of {label}", change, late.Period));
        }

        return change;
    }
}
