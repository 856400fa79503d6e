using Metering.Core.Money;
using Metering.Core.Wallets;
using Metering.Grid.Projects;
using Metering.Grid.Wallets;
using Metering.Orleans.Grains;

namespace Metering.Orleans.Tests.Client;

/// <summary>
/// A sample of an internal service: a gateway before a language model that sets credits aside before a stream begins, and takes what the
/// stream has cost when it ends. It calls the grains as a client of the cluster, with no HTTP and no key between.
/// </summary>
/// <param name="cluster">The client, made with <c>UseOrleansClient</c> and <c>UseMeteringClient</c>.</param>
internal sealed class CreditGuard(IClusterClient cluster)
{
    /// <summary>Longer than any stream; what a service that dies leaves behind is released then.</summary>
    private static readonly TimeSpan LongestStream = TimeSpan.FromMinutes(10);

    /// <summary>Sets credits aside for a stream.</summary>
    /// <returns>False where the customer cannot pay for it.</returns>
    public async Task<bool> TryBeginAsync(string customer, string stream, Amount estimate, CancellationToken cancellation)
    {
        WalletResult result = await Wallet(customer).ExecuteAsync(new CreateHold(stream, estimate, LongestStream), cancellation);
        // Sent again after an answer that was lost, the hold is there already.
        return result.Code is WalletCode.Done or WalletCode.HoldExists;
    }

    /// <summary>Takes what the stream has cost and gives the rest back.</summary>
    public async Task EndAsync(string customer, string stream, Amount cost, CancellationToken cancellation)
    {
        WalletResult result = await Wallet(customer).ExecuteAsync(new CaptureHold(stream, cost, Close: true), cancellation);
        if (result.Code is not (WalletCode.Done or WalletCode.HoldClosed))
            throw new InvalidOperationException($"Stream {stream} could not be paid: {result.Code}.");
    }

    /// <summary>The limits that a customer's project is close to.</summary>
    public async Task<IReadOnlyList<LimitAlert>> WarningsAsync(string customer, string project, CancellationToken cancellation) =>
        (await cluster.GetGrain<IProjectGrain>(ProjectKey.Of(customer, project)).CheckAsync(null, cancellation)).Alerts;

    private IWallet Wallet(string customer) => cluster.GetGrain<IWalletGrain>(customer);
}
