using Metering.Core.Wallets;
using Metering.Grid.Directory;
using Metering.Grid.Wallets;
using Metering.Orleans.Grains;

namespace Metering.Orleans.Engine;

/// <summary>A wallet in the silo that owns it.</summary>
internal sealed class RemoteWallet(IWalletGrain grain, GrainCalls calls) : IWallet
{
    public ValueTask<WalletView> ReadAsync(CancellationToken cancellation) => calls.RunAsync(grain.ReadAsync, cancellation);

    public ValueTask<HoldView?> ReadHoldAsync(string holdId, CancellationToken cancellation) =>
        calls.RunAsync(end => grain.ReadHoldAsync(holdId, end), cancellation);

    public ValueTask<WalletResult> ExecuteAsync(WalletCommand command, CancellationToken cancellation) =>
        calls.RunAsync(end => grain.ExecuteAsync(command, end), cancellation);

    public ValueTask<CustomerStatus> ReadStatusAsync(CancellationToken cancellation) => calls.RunAsync(grain.ReadStatusAsync, cancellation);

    public ValueTask<long> SetStatusAsync(CustomerStatus status, CancellationToken cancellation) =>
        calls.RunAsync(end => grain.SetStatusAsync(status, end), cancellation);
}
