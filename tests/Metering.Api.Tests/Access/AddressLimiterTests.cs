using System.Net;
using Metering.Api.Access;
using Metering.Api.Hosting;
using Metering.TestSupport.Memory;

namespace Metering.Api.Tests.Access;

public sealed class AddressLimiterTests
{
    private readonly ManualTime time = new(DateTimeOffset.UnixEpoch);

    [Fact]
    public void Limit_holds_in_any_minute_and_not_only_in_full_ones()
    {
        AddressLimiter limiter = Limiter(10, 100);
        IPAddress address = IPAddress.Parse("10.0.0.1");
        time.Advance(TimeSpan.FromSeconds(55));
        for (int i = 0; i < 10; i++)
        {
            Assert.True(limiter.TryCount(address, out _));
            time.Advance(TimeSpan.FromSeconds(1));
        }

        Assert.False(limiter.TryCount(address, out int seconds));
        Assert.Equal(50, seconds);
        time.Advance(TimeSpan.FromSeconds(seconds));
        Assert.True(limiter.TryCount(address, out _));
        Assert.False(limiter.TryCount(address, out _));
    }

    [Fact]
    public void Addresses_are_counted_apart_and_a_network_of_ipv6_as_one()
    {
        AddressLimiter limiter = Limiter(1, 100);
        Assert.True(limiter.TryCount(IPAddress.Parse("10.0.0.1"), out _));
        Assert.True(limiter.TryCount(IPAddress.Parse("10.0.0.2"), out _));
        Assert.False(limiter.TryCount(IPAddress.Parse("::ffff:10.0.0.1"), out _));
        Assert.True(limiter.TryCount(IPAddress.Parse("2001:db8::1"), out _));
        Assert.False(limiter.TryCount(IPAddress.Parse("2001:db8::2"), out _));
        Assert.True(limiter.TryCount(IPAddress.Parse("2001:db8:0:1::1"), out _));
    }

    [Fact]
    public void Full_table_shares_one_count_until_addresses_are_idle()
    {
        AddressLimiter limiter = Limiter(2, 3);
        for (int i = 0; i < 3; i++)
            Assert.True(limiter.TryCount(new IPAddress([10, 0, 0, (byte)i]), out _));
        Assert.True(limiter.TryCount(IPAddress.Parse("10.0.1.1"), out _));
        Assert.True(limiter.TryCount(IPAddress.Parse("10.0.1.2"), out _));
        Assert.False(limiter.TryCount(IPAddress.Parse("10.0.1.3"), out _));
        time.Advance(TimeSpan.FromSeconds(60));
        Assert.True(limiter.TryCount(IPAddress.Parse("10.0.1.3"), out _));
        Assert.True(limiter.TryCount(IPAddress.Parse("10.0.1.3"), out _));
    }

    private AddressLimiter Limiter(int limit, int addresses) =>
        new(new MeteringApiOptions { AddressRequestsPerMinute = limit, AddressesMax = addresses }, time);
}
