using Metering.Core.Wallets;
using Metering.Grid.Wallets;

namespace Metering.Api.Wallets;

/// <summary>What wallet commands are called in metrics and traces.</summary>
internal static class CommandWords
{
    public static string Of(WalletCommand command) => command switch
    {
        GrantCredits => "grant",
        CreateHold => "hold",
        RaiseHold => "raise",
        CaptureHold => "capture",
        CaptureHoldForEvent => "capture_event",
        ReleaseHold => "release",
        SetAutoTopUp => "set_auto_top_up",
        RemoveAutoTopUp => "remove_auto_top_up",
        SetLowBalance => "set_low_balance",
        ConfirmTopUp => "confirm_top_up",
        FailTopUp => "fail_top_up",
        AdjustCredits => "adjust",
        _ => throw new ArgumentOutOfRangeException(nameof(command), command, "A wallet command that has no name yet."),
    };
}
