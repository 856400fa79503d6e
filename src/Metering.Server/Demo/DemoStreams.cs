using System.Globalization;
using System.Text.Json;
using Metering.Core.Time;
using Metering.Server.Client;

namespace Metering.Server.Demo;

/// <summary>
/// Answers that stream: credits are held before the first token, the hold is raised when the answer gets longer, what has been spoken
/// is captured in parts, and the last capture carries the usage event it pays for. Holds have fixed ids, so a second run finds them closed.
/// </summary>
internal sealed class DemoStreams(MeteringClient client, string source)
{
    private const int Streams = 12;

    /// <summary>Runs the streams one after another.</summary>
    /// <param name="now">The time of their events.</param>
    /// <param name="tally">Counts their events.</param>
    /// <param name="cancellation">Ends it.</param>
    public async Task RunAsync(Instant now, Tally tally, CancellationToken cancellation)
    {
        var dice = new Dice(7);
        for (int stream = 1; stream <= Streams; stream++)
        {
            int input = dice.LongTailed(2_000, 0.8, 60_000);
            int output = dice.LongTailed(1_500, 0.8, 16_000);
            await RunOneAsync(stream, input, output, now, tally, cancellation);
        }
    }

    private async Task RunOneAsync(int stream, int input, int output, Instant now, Tally tally, CancellationToken cancellation)
    {
        string wallet = $"/v1/wallets/{DemoCustomer.Streamer.Id}/holds";
        string id = string.Create(CultureInfo.InvariantCulture, $"stream-{stream:D3}");
        await PostAsync(wallet, $$"""{"id":"{{id}}","amount":"20","ttl_seconds":600}""", id + "-open", cancellation);
        await PostAsync($"{wallet}/{id}/raise", """{"by":"15.5"}""", id + "-raise", cancellation);
        await PostAsync($"{wallet}/{id}/capture", """{"amount":"0.75"}""", id + "-part-1", cancellation);
        await PostAsync($"{wallet}/{id}/capture", """{"amount":"1.25"}""", id + "-part-2", cancellation);
        DemoModel model = DemoCustomer.Streamer.Models[0].Item;
        string paid = $$$"""
            {"close":true,"event":{"specversion":"1.0","id":"{{{id}}}","source":"{{{source}}}","type":"TOKEN_USAGE",
            "subject":"{{{DemoCustomer.Streamer.Id}}}","time":"{{{now}}}",
            "data":{"provider":"{{{model.Provider}}}","model":"{{{model.Name}}}",
            "input_tokens":{{{input}}},"output_tokens":{{{output}}} } } }
            """;
        using JsonDocument answer = await client.SendAsync(HttpMethod.Post, $"{wallet}/{id}/capture", paid, id + "-close", cancellation);
        JsonElement counted = answer.RootElement.GetProperty("event");
        string status = counted.GetProperty("status").GetString()!;
        tally.Add([new EventOutcome(status, MeteringClient.Read(counted.GetProperty("credits")), false)]);
    }

    private async Task PostAsync(string path, string body, string key, CancellationToken cancellation)
    {
        using JsonDocument answer = await client.SendAsync(HttpMethod.Post, path, body, key, cancellation);
    }
}
