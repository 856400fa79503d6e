using Metering.Scenarios.Support;

namespace Metering.Scenarios.RateLimits;

/// <summary>On a server of its own: it uses up what its address may send.</summary>
public sealed class AddressTests
{
    [Fact]
    public async Task Of_1001_requests_to_health_within_a_minute_the_last_is_429_with_retry_after()
    {
        var server = new ScenarioServer();
        await server.InitializeAsync();
        try
        {
            using ApiClient anonymous = server.Anonymous();
            for (int request = 1; request <= 1_000; request++)
                (await anonymous.GetAsync("/health")).Expect(200);
            Answer last = (await anonymous.GetAsync("/health")).Expect(429);
            Assert.Equal("rate_limited", last.Code);
            Assert.InRange(last.Headers.RetryAfter!.Delta!.Value.TotalSeconds, 1, 60);

            // A key has its own count.
            (await server.Operator.GetAsync("/v1/plans")).Expect(200);
        }
        finally
        {
            await server.DisposeAsync();
        }
    }
}
