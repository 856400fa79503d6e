using Metering.Core.Money;

namespace Metering.Grid.Payments;

/// <summary>
/// What of refunded charges has been acted on, so that each part of a refund is acted on once, in whatever order and however often the
/// gateway tells of it. Kept in the control database.
/// </summary>
/// <remarks>All methods throw on a broken connection; nothing here is retried.</remarks>
public interface IPaymentRefunds
{
    /// <summary>
    /// Takes the part of a refund that nobody has acted on. One that was taken and not completed is given out again, the same.
    /// </summary>
    /// <param name="externalChargeId">The gateway's name for the charge.</param>
    /// <param name="refunded">What has been refunded of it in all.</param>
    /// <param name="cancellation">Ends the wait.</param>
    /// <returns>The part, from what was acted on before until where; empty where there is none.</returns>
    ValueTask<RefundPart> ClaimAsync(string externalChargeId, Amount refunded, CancellationToken cancellation);

    /// <summary>Says that a part has been acted on.</summary>
    ValueTask CompleteAsync(string externalChargeId, RefundPart part, CancellationToken cancellation);
}

/// <summary>A part of a charge's refunds, in money of the charge.</summary>
public readonly record struct RefundPart(Amount From, Amount Until)
{
    /// <summary>Whether there is nothing to act on.</summary>
    public bool IsEmpty => Until <= From;
}
