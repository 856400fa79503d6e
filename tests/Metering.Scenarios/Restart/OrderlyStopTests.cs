using System.Diagnostics;
using Metering.Scenarios.Support;

namespace Metering.Scenarios.Restart;

/// <summary>On a server of its own, which is stopped and started again.</summary>
public sealed class OrderlyStopTests
{
    [Fact]
    public async Task After_an_orderly_stop_everything_is_there_and_a_retry_is_still_a_duplicate()
    {
        var server = new ScenarioServer();
        await server.InitializeAsync();
        try
        {
            string customer = await server.CustomerAsync("llm-prepaid", "100");
            await server.Operator.IngestAsync(Story.Tokens(customer, "1", 1_000, 500));
            (await server.Operator.PostAsync($"/v1/wallets/{customer}/holds", new { id = "h", amount = "20", ttl_seconds = 600 })).Expect(
                201);

            long started = Stopwatch.GetTimestamp();
            await server.RestartAsync();
            Assert.InRange(Stopwatch.GetElapsedTime(started).TotalSeconds, 0, 10);

            Answer wallet = await server.WalletAsync(customer);
            Assert.Equal(("65", "20", "15"), ($"{wallet.Amount("available")}", $"{wallet.Amount("held")}", $"{wallet.Amount("burned")}"));
            Answer again = await server.Operator.IngestAsync(Story.Tokens(customer, "1", 1_000, 500), Story.Tokens(customer, "2", 100, 0));
            Assert.Equal(["duplicate", "accepted"], again.Codes());
            Assert.Equal("15", again.Result().Amount("credits"));
            Assert.Equal("64", await server.AvailableAsync(customer));
        }
        finally
        {
            await server.DisposeAsync();
        }
    }
}
