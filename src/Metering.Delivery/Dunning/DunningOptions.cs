using Metering.Core.Catalog;

namespace Metering.Delivery.Dunning;

/// <summary>What happens to invoices that are not paid.</summary>
public sealed record DunningOptions
{
    /// <summary>On which days after the due date the payment is tried again and the payer reminded; after the last one the customer is
    /// <c>past_due</c>. Default: 1, 3, 5, 7. None: nobody is reminded, and nobody becomes <c>past_due</c>.</summary>
    public ValueList<int> Days { get; init; } = [1, 3, 5, 7];

    /// <summary>Names every fault at once.</summary>
    /// <exception cref="InvalidOperationException">The days are not in order, or out of range.</exception>
    public void Validate()
    {
        if (Days.Count > 30 || Days.Any(day => day is < 0 or > 365) || Days.Zip(Days.Skip(1)).Any(pair => pair.First >= pair.Second))
            throw new InvalidOperationException($"{nameof(Days)} must be at most 30 days from 0 to 365, each after the one before.");
    }
}
