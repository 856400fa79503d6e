using Metering.Core.Wallets;
using Metering.Grid.Directory;
using Metering.Grid.Ingest;
using Metering.Grid.Wallets;
using Metering.Orleans.Ownership;
using Orleans.Concurrency;
using Orleans.GrainDirectory;

namespace Metering.Orleans.Grains;

/// <inheritdoc cref="IWalletGrain" />
[GrainType("metering.wallet"), PartitionPlacement, GrainDirectory(PartitionDirectory.Name), Reentrant, CollectionAgeLimit(Minutes = 5)]
public sealed class WalletGrain(SiloPartitions partitions, PartitionMap map) : PartitionedGrain(partitions, map), IWalletGrain
{
    /// <inheritdoc />
    public ValueTask<WalletView> ReadAsync(CancellationToken cancellation) =>
        DoAsync(wallet => wallet.ReadAsync(cancellation), cancellation);

    /// <inheritdoc />
    public ValueTask<HoldView?> ReadHoldAsync(string holdId, CancellationToken cancellation) =>
        DoAsync(wallet => wallet.ReadHoldAsync(holdId, cancellation), cancellation);

    /// <inheritdoc />
    public async ValueTask<WalletResult> ExecuteAsync(WalletCommand command, CancellationToken cancellation)
    {
        // The events came in with the message, so nobody else uses or returns their buffers.
        using EventBatch? events = (command as CaptureHoldForEvent)?.Event;
        return await DoAsync(
            async wallet =>
            {
                if (events is not null)
                    await Directory.ResolveAsync(events, cancellation);
                return await wallet.ExecuteAsync(command, cancellation);
            },
            cancellation);
    }

    /// <inheritdoc />
    public ValueTask<CustomerStatus> ReadStatusAsync(CancellationToken cancellation) =>
        DoAsync(wallet => wallet.ReadStatusAsync(cancellation), cancellation);

    /// <inheritdoc />
    public ValueTask<long> SetStatusAsync(CustomerStatus status, CancellationToken cancellation) =>
        DoAsync(wallet => wallet.SetStatusAsync(status, cancellation), cancellation);

    private ValueTask<T> DoAsync<T>(Func<IWallet, ValueTask<T>> work, CancellationToken cancellation)
    {
        string id = this.GetPrimaryKeyString();
        return RunAsync(async () => await work(Engine.Wallet(await FindCustomerAsync(id, cancellation))), cancellation);
    }
}
