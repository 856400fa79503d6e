using Metering.Core.Money;
using Metering.Core.Wallets;
using Metering.Orleans.Grains;
using Metering.Orleans.Tests.Support;

namespace Metering.Orleans.Tests.Client;

public sealed class CreditGuardTests
{
    [Fact]
    public async Task Service_holds_captures_and_warns_through_the_grains_alone()
    {
        await using TestCluster cluster = await TestCluster.StartAsync(silos: 2);
        await cluster.GrantAsync(cluster.Directory.Customer("prepaid-1"), 100);
        var guard = new CreditGuard(cluster.Client.Grains);
        Assert.True(await guard.TryBeginAsync("prepaid-1", "s1", Amount.FromWhole(60), default));
        Assert.True(await guard.TryBeginAsync("prepaid-1", "s1", Amount.FromWhole(60), default));
        Assert.False(await guard.TryBeginAsync("prepaid-1", "s2", Amount.FromWhole(60), default));
        await guard.EndAsync("prepaid-1", "s1", Amount.FromWhole(25), default);
        await guard.EndAsync("prepaid-1", "s1", Amount.FromWhole(25), default);
        WalletView wallet = await cluster.Client.Grains.GetGrain<IWalletGrain>("prepaid-1").ReadAsync(default);
        Assert.Equal((Amount.FromWhole(75), Amount.Zero, Amount.FromWhole(25)), (wallet.Available, wallet.Held, wallet.Burned));
        await cluster.SendAsync("overage-1", "a", 900);
        Assert.Equal(80, Assert.Single(await guard.WarningsAsync("overage-1", "overage-1", default)).Threshold);
        Assert.Empty(await guard.WarningsAsync("overage-2", "overage-2", default));
    }

    [Fact]
    public async Task Customer_that_nobody_knows_is_named()
    {
        await using TestCluster cluster = await TestCluster.StartAsync(silos: 1);
        var fault = await Assert.ThrowsAsync<UnknownCustomerException>(
            () => cluster.Client.Grains.GetGrain<IWalletGrain>("nobody").ReadAsync(default).AsTask());
        Assert.Contains("nobody", fault.Message, StringComparison.Ordinal);
    }
}
