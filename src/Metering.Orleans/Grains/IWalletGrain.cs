using Metering.Grid.Wallets;

namespace Metering.Orleans.Grains;

/// <summary>A customer's wallet in the silo that owns its partition; the key is the customer's id.</summary>
/// <remarks>Answers and exceptions are those of <see cref="IWallet"/>.</remarks>
[Alias("metering.wallet")]
public interface IWalletGrain : IGrainWithStringKey, IWallet;
