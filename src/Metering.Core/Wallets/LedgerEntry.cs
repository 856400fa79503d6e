using Metering.Core.Money;

namespace Metering.Core.Wallets;

/// <summary>What a ledger entry is about. Numbers are journaled and stable.</summary>
public enum LedgerEntryType : byte
{
    /// <summary>Credits were put in.</summary>
    Grant = 0,

    /// <summary>Credits were taken by usage.</summary>
    Burn = 1,

    /// <summary>Credits were set aside.</summary>
    Hold = 2,

    /// <summary>Credits that were set aside were taken.</summary>
    Capture = 3,

    /// <summary>Credits that were set aside were given back.</summary>
    Release = 4,

    /// <summary>Credits ended.</summary>
    Expire = 5,

    /// <summary>Credits were bought by an automatic top-up.</summary>
    TopUp = 6,

    /// <summary>The balance was corrected by hand.</summary>
    Adjust = 7,
}

/// <summary>The place of an entry in its wallet's ledger.</summary>
/// <param name="Number">Counts the wallet's entries from 1.</param>
/// <param name="Before">Available before; the previous entry's <paramref name="After"/>.</param>
/// <param name="After">Available after. A capture leaves it unchanged.</param>
public readonly record struct LedgerStamp(long Number, Amount Before, Amount After);

/// <summary>How a ledger entry type is spelled in the API and the tables.</summary>
public static class LedgerEntryTypes
{
    /// <summary>Upper case with underscores.</summary>
    public static string Name(LedgerEntryType type) => type switch
    {
        LedgerEntryType.Grant => "GRANT",
        LedgerEntryType.Burn => "BURN",
        LedgerEntryType.Hold => "HOLD",
        LedgerEntryType.Capture => "CAPTURE",
        LedgerEntryType.Release => "RELEASE",
        LedgerEntryType.Expire => "EXPIRE",
        LedgerEntryType.TopUp => "TOP_UP",
        LedgerEntryType.Adjust => "ADJUST",
        _ => throw new ArgumentOutOfRangeException(nameof(type), type, "There is no such ledger entry."),
    };
}
