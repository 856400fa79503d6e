using System.Diagnostics;
using System.Net;
using System.Text.Json;
using Metering.Core.Time;
using Metering.Server.Client;
using Spectre.Console;

namespace Metering.Server.Demo;

/// <summary>
/// The demo day, sent through the HTTP API as any client would: customers on several plans, a day of traffic, streams, and the tables
/// at its end. A day that is in already is not sent again; one that was broken off is sent whole,
/// and what had been taken comes back as duplicates.
/// </summary>
internal sealed class DemoRun(MeteringClient client, IAnsiConsole console, TimeProvider time, int events)
{
    /// <summary>One seed, so that everyone who tries the demo sees the same day.</summary>
    private const int Seed = 20_250_117;

    private static readonly TimeSpan projectionPatience = TimeSpan.FromSeconds(20);

    /// <summary>Sends the day unless it is in, and shows where everyone stands.</summary>
    public async Task RunAsync(CancellationToken cancellation)
    {
        using JsonDocument? newcomer = await client.FindAsync($"/v1/customers/{DemoCustomer.Newcomer.Id}", cancellation);
        if (newcomer is not null)
            console.MarkupLine("The demo day is in already: going on with its data ([grey]./run reset[/] clears it).");
        else
            await SendDayAsync(cancellation);
        await WaitForProjectionsAsync(cancellation);
        await new DemoReport(client, console).ShowAsync(cancellation);
    }

    private async Task SendDayAsync(CancellationToken cancellation)
    {
        foreach (DemoCustomer customer in DemoCustomer.All)
            await CreateAsync(customer, cancellation);
        await SendAsync(
            HttpMethod.Put, $"/v1/wallets/{DemoCustomer.SelfFilling.Id}/auto_top_up",
            """{"threshold":"1000","amount":"8000","max_per_day":5,"trust":true}""", null, cancellation);

        var traffic = new DemoTraffic(Seed, events);
        Instant now = Instant.FromDateTimeOffset(time.GetUtcNow());
        IReadOnlyList<UsageEvent> day = traffic.Day(now);
        var tally = new Tally();
        long started = Stopwatch.GetTimestamp();
        await console.Progress()
            .Columns(new TaskDescriptionColumn(), new ProgressBarColumn(), new PercentageColumn(), new RemainingTimeColumn())
            .StartAsync(async progress =>
            {
                ProgressTask bar = progress.AddTask($"Sending a day of {day.Count:N0} events", maxValue: day.Count);
                await new EventSender(client, lanes: 4, batchSize: 250).SendAsync(day, tally, count => bar.Increment(count), cancellation);
            });
        TimeSpan took = Stopwatch.GetElapsedTime(started);
        await new DemoStreams(client, traffic.Source).RunAsync(now, tally, cancellation);
        await CreateAsync(DemoCustomer.Newcomer, cancellation);
        DemoReport.ShowCounts(console, tally, took);
    }

    private async Task CreateAsync(DemoCustomer customer, CancellationToken cancellation)
    {
        string body = $$"""
            {"id":"{{customer.Id}}","name":"{{customer.Name}}","email":"billing@{{customer.Id}}.example","plan":"{{customer.Plan}}",
             "billing":{"legal_name":"{{customer.Name}}","address_lines":["1 Demo Street"],"postal_code":"10115","city":"Berlin",
                        "country":"DE"} }
            """;
        try
        {
            await SendAsync(HttpMethod.Post, "/v1/customers", body, null, cancellation);
        }
        catch (ApiException refusal) when (refusal.Status == HttpStatusCode.Conflict)
        {
            // A run before this one was broken off after it had made this customer.
        }

        if (customer.Credits is { } credits)
        {
            string grant = $$"""{"amount":"{{credits}}","kind":"paid","reason":"opening balance"}""";
            await SendAsync(HttpMethod.Post, $"/v1/wallets/{customer.Id}/grants", grant, "demo-opening-balance", cancellation);
        }
    }

    /// <summary>Alerts and history are behind the acknowledgement by moments; the tables are shown once they have caught up.</summary>
    private async Task WaitForProjectionsAsync(CancellationToken cancellation)
    {
        long started = time.GetTimestamp();
        while (time.GetElapsedTime(started) < projectionPatience)
        {
            using JsonDocument metrics = await client.SendAsync(HttpMethod.Get, "/api/v1/metrics", null, null, cancellation);
            if (metrics.RootElement.GetProperty("projection_lag_seconds").GetDecimal() == 0)
                return;
            await Task.Delay(TimeSpan.FromMilliseconds(200), time, cancellation);
        }
    }

    private async Task SendAsync(HttpMethod method, string path, string body, string? idempotencyKey, CancellationToken cancellation)
    {
        using JsonDocument answer = await client.SendAsync(method, path, body, idempotencyKey, cancellation);
    }
}
