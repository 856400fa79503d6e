namespace Metering.Core.Wallets;

/// <summary>Where what has happened to a wallet is written down, in order, right after it was applied.</summary>
public interface IWalletJournal
{
    /// <summary>Appends an event and the place of its ledger entry (number 0 for none).</summary>
    void Append(WalletEvent change, LedgerStamp stamp);
}
