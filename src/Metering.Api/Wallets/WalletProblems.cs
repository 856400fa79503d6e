using Metering.Api.Problems;
using Metering.Core.Usage;
using Metering.Core.Wallets;

namespace Metering.Api.Wallets;

/// <summary>The one table from the codes of wallet commands to problems.</summary>
internal static class WalletProblems
{
    /// <summary>The problem of a command that was refused; null for one that is done.</summary>
    public static Problem? Of(WalletResult result)
    {
        string? code = CodeOf(result.Code, result.EventCode);
        return code is null ? null : Problem.From(code, DetailOf(result));
    }

    /// <summary>The code of a result; null for one that is done.</summary>
    public static string? CodeOf(WalletCode code, EventCode eventCode) => code switch
    {
        WalletCode.Done => null,
        WalletCode.IdempotencyKeyReused => ProblemCodes.IdempotencyKeyReused,
        WalletCode.HoldNotFound => ProblemCodes.HoldNotFound,
        WalletCode.HoldExists => ProblemCodes.HoldExists,
        WalletCode.HoldClosed => ProblemCodes.HoldClosed,
        WalletCode.ExceedsHold => ProblemCodes.ExceedsHold,
        WalletCode.InsufficientCredits => ProblemCodes.InsufficientCredits,
        WalletCode.OutOfRange => ProblemCodes.OutOfRange,
        WalletCode.AlreadyExpired => ProblemCodes.AlreadyExpired,
        WalletCode.TopUpNotFound => ProblemCodes.TopUpNotFound,
        WalletCode.TopUpClosed => ProblemCodes.TopUpClosed,
        WalletCode.TooMany => ProblemCodes.TooMany,
        WalletCode.EventRefused => ProblemCodes.Of(eventCode),
        _ => throw new ArgumentOutOfRangeException(nameof(code), code, "A wallet answered with a code that has no problem."),
    };

    private static string? DetailOf(WalletResult result) => result.Code switch
    {
        WalletCode.InsufficientCredits => $"Only {result.Available} credits are available.",
        WalletCode.ExceedsHold when result.Hold is { } hold => $"The hold has {hold.Remaining} credits left.",
        WalletCode.EventRefused => "The event was refused, so nothing was captured.",
        WalletCode.TooMany => "Too many grants, holds or idempotency keys are open in this wallet; try again when some have closed.",
        _ => null,
    };
}
