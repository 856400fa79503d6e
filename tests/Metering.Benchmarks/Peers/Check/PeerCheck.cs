using System.Globalization;
using System.Net;
using System.Text;

namespace Metering.Benchmarks.Peers.Check;

/// <summary>
/// Whether a peer is honest: over HTTP, nothing is debited twice and nothing below zero, bad requests take nothing, and what was debited is
/// what the sender's log says. Throws where it is not.
/// </summary>
internal sealed class PeerCheck
{
    private const int Customers = 50;
    private const long Opening = 1_000L * Nano;
    private const long Nano = 1_000_000_000;

    private readonly IPeer _peer;
    private readonly HttpClient _client;
    private readonly long[] _expected = new long[Customers];

    private PeerCheck(IPeer peer, HttpClient client)
    {
        _peer = peer;
        _client = client;
    }

    public static async Task RunAsync(IPeer peer, string connectionString, string folder)
    {
        string[] customers = [.. Enumerable.Range(0, Customers).Select(number => $"customer-{number}")];
        await peer.StartAsync(new PeerContext(connectionString, folder, customers, Opening), CancellationToken.None);
        using var client = new HttpClient { BaseAddress = peer.Address };
        var check = new PeerCheck(peer, client);
        await check.OneEventManyTimesAtOnceAsync();
        await check.BatchesThatShareEventsAsync();
        await check.BadRequestsAsync();
        await check.BalanceThatRunsOutAsync();
        await check.BatchThatRunsOutAsync();
        await check.CompareAsync();
    }

    private async Task OneEventManyTimesAtOnceAsync()
    {
        string body = Event("once", 0, 100);
        HttpStatusCode[] answers = await Task.WhenAll(Enumerable.Range(0, 32).Select(_ => SendAsync(body)));
        Expect(answers.All(Good), "a duplicate was not answered as success");
        _expected[0] += Price(100);
    }

    private async Task BatchesThatShareEventsAsync()
    {
        // Each batch has half of its events in common with the next, and some twice; the orders differ.
        string[] batches = [.. Enumerable.Range(0, 20).Select(batch => Array(
            Enumerable.Range(batch * 50, 100).Concat(Enumerable.Range(batch * 50, 10))
                .OrderBy(number => number * 7919 % (11 + batch)).Select(number => Event($"shared-{number}", 1 + number % 40, 10))))];
        HttpStatusCode[] answers = await Task.WhenAll(batches.Concat(batches).Select(SendAsync));
        Expect(answers.All(Good), "a batch with duplicates was not answered as success");
        for (int number = 0; number < 19 * 50 + 100; number++)
            _expected[1 + number % 40] += Price(10);
    }

    private async Task BadRequestsAsync()
    {
        string good = Event("beside-a-bad-one", 0, 10);
        Expect(await SendAsync(Array([good, "{}"])) == HttpStatusCode.BadRequest, "a malformed event was taken");
        Expect(await SendAsync(good + good) == HttpStatusCode.BadRequest, "two events without an array were taken");
        Expect(
            await SendAsync(good.Replace("customer-0", "nobody", StringComparison.Ordinal)) == HttpStatusCode.NotFound,
            "nobody was debited");
        Expect(await SendAsync(Array([good, Event("of-nobody", 10_000, 10)])) == HttpStatusCode.NotFound, "a batch with nobody was taken");
    }

    private async Task BalanceThatRunsOutAsync()
    {
        // 1,000 credits, 30 credits an event: 33 fit.
        const int fits = 33;
        HttpStatusCode[] answers = await Task.WhenAll(
            Enumerable.Range(0, 100).Select(number => SendAsync(Event($"single-{number}", 45, 3_000))));
        int taken = answers.Count(answer => answer == HttpStatusCode.NoContent);
        int refused = answers.Count(answer => answer == HttpStatusCode.PaymentRequired);
        Expect(
            _peer.AnswersBeforeDebit || (taken == fits && refused == answers.Length - fits),
            $"{taken} events were taken and {refused} refused where exactly {fits} fit");
        _expected[45] += fits * Price(3_000);
    }

    private async Task BatchThatRunsOutAsync()
    {
        // 300 credits an event: three of the five fit, whichever a peer takes first; the neighbour is served in any case.
        HttpStatusCode answer = await SendAsync(Array(
            Enumerable.Range(0, 5).Select(number => Event($"batch-{number}", 46, 30_000)).Append(Event("neighbour", 47, 100))));
        Expect(_peer.AnswersBeforeDebit || answer == HttpStatusCode.PaymentRequired, "a batch that runs out was answered as success");
        _expected[46] += 3 * Price(30_000);
        _expected[47] += Price(100);

        string all = Event("all-of-it", 48, 100_000);
        Expect(Good(await SendAsync(all)) && Good(await SendAsync(all)), "a duplicate was refused for credits");
        _expected[48] += Price(100_000);
    }

    private async Task CompareAsync()
    {
        long expected = _expected.Sum();
        if (_peer.AnswersBeforeDebit)
            await WaitForAsync(expected);
        long sum = await _peer.SumDebitedAsync();
        Expect(sum == expected, $"{sum} nano-credits were debited, the log says {expected}");
        long[] debited = await _peer.DebitedAsync();
        for (int i = 0; i < Customers; i++)
            Expect(debited[i] == _expected[i], $"customer {i} was debited {debited[i]}, the log says {_expected[i]}");
    }

    private async Task WaitForAsync(long expected)
    {
        for (int tries = 0; tries < 500 && await _peer.SumDebitedAsync() < expected; tries++)
            await Task.Delay(TimeSpan.FromMilliseconds(20));
    }

    private async Task<HttpStatusCode> SendAsync(string body)
    {
        using var content = new StringContent(body, Encoding.UTF8, "application/cloudevents+json");
        using HttpResponseMessage response = await _client.PostAsync(new Uri("/v1/events", UriKind.Relative), content);
        return response.StatusCode;
    }

    private static bool Good(HttpStatusCode answer) => answer is HttpStatusCode.NoContent or HttpStatusCode.Accepted;

    private static long Price(int tokens) => tokens * (Nano / 100);

    private static string Array(IEnumerable<string> events) => $"[{string.Join(",", events)}]";

    private static string Event(string id, int customer, int tokens) => string.Create(CultureInfo.InvariantCulture, $$"""
        {"specversion":"1.0","id":"{{id}}","source":"/check","type":"TOKEN_USAGE","subject":"customer-{{customer}}",
            "time":"2025-01-17T14:30:00Z",
        "data":{"provider":"OPENAI","model":"gpt-4-turbo","input_tokens":{{tokens - 5}},"output_tokens":5,"feature_id":"chat"} }
        """);

    private void Expect(bool holds, string otherwise)
    {
        if (!holds)
            throw new InvalidDataException($"{_peer.Name}: {otherwise}.");
    }
}
