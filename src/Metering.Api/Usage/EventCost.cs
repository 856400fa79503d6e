using Metering.Core.Catalog;
using Metering.Core.Money;

namespace Metering.Api.Usage;

/// <summary>What the credits of one event are worth.</summary>
internal static class EventCost
{
    /// <summary>
    /// Credits times the plan version's credit value, rounded half to even to the ninth decimal; null where the plan gives credits no
    /// value, as one that is priced in money alone, and where the product is outside of the range of amounts.
    /// </summary>
    public static Amount? Of(Amount credits, Plan plan)
    {
        if (plan.CreditValue is not { } value)
            return null;
        ExactSum sum = default;
        sum.Add(credits, value);
        return sum.TryRound(out Amount cost) ? cost : null;
    }
}
