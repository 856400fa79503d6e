using Metering.Grid.Payments;

namespace Metering.Delivery.Payments;

/// <summary>How far a piece of work has come.</summary>
/// <param name="Code">Done with <see cref="PaymentCode.Done"/> and <see cref="PaymentCode.Declined"/>: nothing is left to do here.</param>
/// <param name="Reason">For a person, of what was not done.</param>
internal readonly record struct PaymentStep(PaymentCode Code, string? Reason)
{
    public static readonly PaymentStep Done = new(PaymentCode.Done, null);

    public bool IsOver => Code is PaymentCode.Done or PaymentCode.Declined;

    public static PaymentStep Of<T>(PaymentResult<T> result)
        where T : class => new(result.Code, result.DeclineCode is null ? result.Reason : $"{result.DeclineCode}: {result.Reason}");

    public static PaymentStep Later(string reason) => new(PaymentCode.RetryLater, reason);

    public static PaymentStep Stuck(string reason) => new(PaymentCode.Misconfigured, reason);
}
