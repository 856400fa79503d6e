namespace Metering.Grid.Payments;

/// <summary>What became of something that was asked of the payment gateway, in the order in which it is decided.</summary>
public enum PaymentCode
{
    /// <summary>It is as asked: done by this call or by an earlier one.</summary>
    Done = 0,

    /// <summary>The payer's bank or the gateway refused the payment. Sending the same attempt again gets the same answer; another attempt
    /// may succeed.</summary>
    Declined = 1,

    /// <summary>The gateway was away, busy, or its answer never came: it may have been done or not. Asking the same again later is safe
    /// and never does it twice.</summary>
    RetryLater = 2,

    /// <summary>The gateway refuses the request itself: a wrong key, an unknown account, something it cannot take. Only a person can
    /// mend that.</summary>
    Misconfigured = 3,
}

/// <summary>The answer of the payment gateway.</summary>
/// <param name="Code">What became of it.</param>
/// <param name="Value">What there is now; there with <see cref="PaymentCode.Done"/>, else null.</param>
/// <param name="DeclineCode">Why the payment was refused, in the gateway's words such as <c>insufficient_funds</c>.</param>
/// <param name="Reason">For a person: what the gateway said. It never holds a secret or a card's number.</param>
public sealed record PaymentResult<T>(PaymentCode Code, T? Value, string? DeclineCode, string? Reason)
    where T : class
{
    /// <summary>The same failure of a call that would have answered something else.</summary>
    /// <exception cref="InvalidOperationException">It is no failure.</exception>
    public PaymentResult<TOther> As<TOther>()
        where TOther : class => Code == PaymentCode.Done
        ? throw new InvalidOperationException("Only a failure is the same for every answer.")
        : new PaymentResult<TOther>(Code, null, DeclineCode, Reason);
}

/// <summary>Makes answers of the payment gateway.</summary>
public static class PaymentResult
{
    /// <summary>It is as asked.</summary>
    public static PaymentResult<T> Done<T>(T value)
        where T : class => new(PaymentCode.Done, value, null, null);

    /// <summary>The payment was refused.</summary>
    public static PaymentResult<T> Declined<T>(string declineCode, string? reason)
        where T : class => new(PaymentCode.Declined, null, declineCode, reason);

    /// <summary>It is to be asked again later.</summary>
    public static PaymentResult<T> RetryLater<T>(string reason)
        where T : class => new(PaymentCode.RetryLater, null, null, reason);

    /// <summary>Somebody must mend it.</summary>
    public static PaymentResult<T> Misconfigured<T>(string reason)
        where T : class => new(PaymentCode.Misconfigured, null, null, reason);
}
