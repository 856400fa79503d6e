using Metering.Api.Problems;
using Metering.Grid.Payments;

namespace Metering.Api.Payments;

/// <summary>The one table from answers of the payment gateway to problems.</summary>
internal static class PaymentProblems
{
    /// <summary>The problem of an answer that is not done.</summary>
    public static Problem Of<T>(PaymentResult<T> result)
        where T : class => Problem.From(
            CodeOf(result.Code), result.DeclineCode is { } decline ? $"{decline}: {result.Reason}" : result.Reason);

    /// <summary>The code of an answer that is not done.</summary>
    public static string CodeOf(PaymentCode code) => code switch
    {
        PaymentCode.Declined => ProblemCodes.PaymentDeclined,
        PaymentCode.RetryLater => ProblemCodes.PaymentUnavailable,
        PaymentCode.Misconfigured => ProblemCodes.PaymentNotPossible,
        _ => throw new ArgumentOutOfRangeException(nameof(code), code, "That is no problem."),
    };
}
