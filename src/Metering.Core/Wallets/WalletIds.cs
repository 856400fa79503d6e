using System.Globalization;

namespace Metering.Core.Wallets;

/// <summary>Ids that a wallet gives out itself: a prefix and a count, unique within the wallet and the same in every replay.</summary>
public static class WalletIds
{
    /// <summary>The id of a grant.</summary>
    public static string Grant(long number) => string.Create(CultureInfo.InvariantCulture, $"gr_{number}");

    /// <summary>The id of a hold for which the caller gave none.</summary>
    public static string Hold(long number) => string.Create(CultureInfo.InvariantCulture, $"hold_{number}");

    /// <summary>The id of a top-up.</summary>
    public static string TopUp(long number) => string.Create(CultureInfo.InvariantCulture, $"top_{number}");
}
