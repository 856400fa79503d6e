using Metering.Delivery.Outbox;
using Metering.Delivery.Tests.Support;
using Metering.Delivery.Webhooks;
using Metering.Grid.Outbox;
using Metering.Grid.Webhooks;

namespace Metering.Delivery.Tests.Webhooks;

public sealed class WebhookDeliveryTests
{
    private static readonly WebhookOptions Options = new() { AllowPrivate = true, Timeout = TimeSpan.FromMilliseconds(400) };
    private static readonly string EventId = OutboxIds.Event(0, 7, 1, OutboxKinds.AlertRaised);

    [Fact]
    public async Task Event_reaches_each_endpoint_that_asks_for_it_signed_with_every_secret()
    {
        await using OutboxDatabases databases = await OutboxDatabases.CreateAsync();
        await using var receiver = new TestReceiver(_ => Behaviour.Status(200));
        var endpoints = new MemoryEndpoints();
        endpoints.Add("whe_own", receiver.Url, "c", "whsec_new", "whsec_old");
        endpoints.Add("whe_all", receiver.Url, null, "whsec_op");
        endpoints.Add("whe_other", receiver.Url, "someone else");
        endpoints.Add("whe_off", receiver.Url);
        await endpoints.DisableAsync("whe_off", "", default, default);
        endpoints.Add("whe_deaf", receiver.Url);
        await endpoints.ChangeAsync("whe_deaf", new WebhookEndpointChange(null, [OutboxKinds.WalletLow], null, null), default, default);
        await databases.PutAsync(Event());
        await FanOutAsync(databases, endpoints);

        string own = OutboxIds.Delivery(0, EventId, "whe_own");
        string all = OutboxIds.Delivery(0, EventId, "whe_all");
        Assert.Equal(OutboxStatus.Delivered, (await databases.FindAsync(EventId)).Status);
        Assert.Empty(await AttemptsAsync(databases, EventId));
        Assert.Equal(("c", null), ((await databases.FindAsync(own)).Message.OwnerId, (await databases.FindAsync(all)).Message.OwnerId));
        Assert.Equal(3L, await databases.ScalarAsync("SELECT count(*) FROM outbox"));

        await using (Running running = Deliver(databases, endpoints))
        {
            await databases.UntilAsync(own, OutboxStatus.Delivered);
            await databases.UntilAsync(all, OutboxStatus.Delivered);
        }

        Assert.Equal(2, receiver.Received.Count);
        ReceivedEvent signed = receiver.Received.Single(received => received.Headers["Metering-Delivery-Id"] == own);
        Assert.Equal(EventId, signed.Headers["Metering-Event-Id"]);
        Assert.Equal("application/json", signed.Headers["Content-Type"]);
        foreach (string secret in new[] { "whsec_new", "whsec_old" })
            Assert.True(WebhookSignature.Verify(
                signed.Headers["Metering-Signature"], signed.Body, secret, OutboxDatabases.Now, TimeSpan.FromMinutes(1)));
        Assert.False(WebhookSignature.Verify(
            signed.Headers["Metering-Signature"], signed.Body, "whsec_op", OutboxDatabases.Now, TimeSpan.FromMinutes(1)));
        Assert.Equal(
            """{"id":"EVENT","type":"alert.raised","created_at":"2025-01-17T12:00:00Z","customer_id":"c","data":{"threshold":80}}"""
                .Replace("EVENT", EventId, StringComparison.Ordinal),
            signed.Text);
        Assert.Equal(200, Assert.Single(await AttemptsAsync(databases, own)).Attempt.Status);
    }

    [Fact]
    public async Task Event_makes_a_row_for_each_other_way_out_that_is_set_up()
    {
        await using OutboxDatabases databases = await OutboxDatabases.CreateAsync();
        await databases.PutAsync(Event());
        var fanOut = new WebhookFanOut(new MemoryEndpoints(), Metering.Delivery.Mail.MailRows.Of, _ => null);
        await databases.Worker(fanOut).RunOnceAsync("s1", default);

        OutboxMessage mail = (await databases.FindAsync(OutboxIds.Of("mail_", 0, EventId, OutboxKinds.MailAlert))).Message;
        Assert.Equal((OutboxKinds.MailAlert, EventId, Event().Data, "c"), (mail.Kind, mail.EventId, mail.Data, mail.CustomerId));
        Assert.Equal(2L, await databases.ScalarAsync("SELECT count(*) FROM outbox"));
    }

    [Fact]
    public async Task Failure_is_tried_again_until_the_receiver_takes_it()
    {
        await using OutboxDatabases databases = await OutboxDatabases.CreateAsync();
        int calls = 0;
        await using var receiver = new TestReceiver(_ => Interlocked.Increment(ref calls) switch
        {
            1 => Behaviour.Status(500),
            2 => Behaviour.Status(302, "Location: /elsewhere\r\n"),
            3 => Behaviour.Cut,
            4 => Behaviour.Hang,
            5 => new Behaviour("HTTP/1.1 200 Ok\r\nContent-Length: 100\r\n\r\nbegins", Hangs: true),
            6 => new Behaviour("nonsense"),
            _ => Behaviour.Status(204),
        });
        var endpoints = new MemoryEndpoints();
        endpoints.Add("whe_1", receiver.Url);
        await databases.PutAsync(Delivery("whe_1"));
        var options = new OutboxWorkerOptions { FailuresBeforeRest = 100, IdleInterval = TimeSpan.FromMilliseconds(10) };
        await using (Running running = Deliver(databases, endpoints, options))
            await databases.UntilAsync("dlv_whe_1", OutboxStatus.Delivered);

        IReadOnlyList<OutboxAttemptRow> attempts = await AttemptsAsync(databases, "dlv_whe_1");
        Assert.Equal([500, 302, null, null, null, null, 204], attempts.Select(row => row.Attempt.Status));
        Assert.All(attempts.SkipLast(1), row => Assert.NotNull(row.Attempt.Error));
        Assert.All([attempts[3], attempts[4]], row =>
            Assert.InRange(row.Attempt.Took, TimeSpan.FromMilliseconds(350), TimeSpan.FromSeconds(20)));
        Assert.All(receiver.Received, received => Assert.Equal(EventId, received.Headers["Metering-Event-Id"]));
        Assert.Single(receiver.Received.Select(received => received.Text).Distinct());
    }

    [Fact]
    public async Task Receiver_that_asks_for_time_gets_it_and_one_that_is_gone_is_turned_off()
    {
        await using OutboxDatabases databases = await OutboxDatabases.CreateAsync();
        await using var busy = new TestReceiver(_ => Behaviour.Status(429, "Retry-After: 120\r\n"));
        await using var gone = new TestReceiver(_ => Behaviour.Status(410));
        var endpoints = new MemoryEndpoints();
        endpoints.Add("whe_busy", busy.Url);
        endpoints.Add("whe_gone", gone.Url);
        await databases.PutAsync(Delivery("whe_busy"), Delivery("whe_gone"));
        await RunOnceAsync(databases, endpoints);

        OutboxRow later = await databases.FindAsync("dlv_whe_busy");
        Assert.Equal(OutboxStatus.Pending, later.Status);
        Assert.InRange(later.NextAttemptAt!.Value - OutboxDatabases.Now, TimeSpan.FromSeconds(60), TimeSpan.FromSeconds(120));
        Assert.Equal(OutboxStatus.Dead, (await databases.FindAsync("dlv_whe_gone")).Status);
        Assert.False(endpoints["whe_gone"].Enabled);
        Assert.NotNull(endpoints["whe_gone"].DisabledReason);

        // What waits for it, or comes for one that was deleted, is not sent.
        await databases.PutAsync(Delivery("whe_gone") with { Id = "dlv_2" }, Delivery("whe_deleted"));
        await RunOnceAsync(databases, endpoints);
        Assert.Equal("The endpoint is disabled.", (await databases.FindAsync("dlv_2")).LastError);
        Assert.Equal("The endpoint was deleted.", (await databases.FindAsync("dlv_whe_deleted")).LastError);
        Assert.Single(gone.Received);
    }

    [Fact]
    public async Task Endpoint_that_hangs_holds_up_no_other()
    {
        await using OutboxDatabases databases = await OutboxDatabases.CreateAsync();
        await using var hangs = new TestReceiver(_ => Behaviour.Hang);
        await using var well = new TestReceiver(_ => Behaviour.Status(200));
        var endpoints = new MemoryEndpoints();
        endpoints.Add("whe_a", hangs.Url);
        endpoints.Add("whe_b", well.Url);
        await databases.PutAsync([.. Enumerable.Range(0, 200).Select(n => Delivery("whe_a") with { Id = $"dlv_a{n}" })]);
        await databases.PutAsync([.. Enumerable.Range(0, 30).Select(n => Delivery("whe_b") with { Id = $"dlv_b{n}" })]);
        await using (Running running = Deliver(databases, endpoints))
            await Until.TrueAsync(async () => Equals(30L, await databases.ScalarAsync("SELECT count(*) FROM outbox WHERE status = 1")));
        Assert.True(hangs.Received.Count < 100, $"{hangs.Received.Count} requests ran into the same timeout");
    }

    [Fact]
    public async Task Delivery_whose_worker_died_before_it_could_say_so_is_delivered_again_under_the_same_id()
    {
        await using OutboxDatabases databases = await OutboxDatabases.CreateAsync(
            new OutboxOptions { Lease = TimeSpan.FromSeconds(1), FirstDelay = TimeSpan.FromMilliseconds(20) });
        await using var receiver = new TestReceiver(_ => Behaviour.Status(200));
        var endpoints = new MemoryEndpoints();
        endpoints.Add("whe_1", receiver.Url);
        await databases.PutAsync(Delivery("whe_1"));
        OutboxClaim claim = Assert.Single(await databases.Store.ClaimAsync(
            new OutboxClaimRequest("s1", [OutboxKinds.WebhookDelivery], 1), default));
        using (var sender = new WebhookSender(Options, TimeProvider.System))
            Assert.Equal(OutboxVerdict.Done, (await sender.SendAsync(claim.Message, endpoints["whe_1"], default)).Verdict);

        await using (Running running = Deliver(databases, endpoints))
            await databases.UntilAsync("dlv_whe_1", OutboxStatus.Delivered);
        Assert.Equal(2, receiver.Received.Count);
        Assert.Single(receiver.Received.Select(received => received.Headers["Metering-Event-Id"]).Distinct());
        Assert.Equal(2, (await databases.FindAsync("dlv_whe_1")).Attempts);
    }

    [Fact]
    public async Task Control_database_that_is_away_costs_no_attempt()
    {
        await using OutboxDatabases databases = await OutboxDatabases.CreateAsync();
        var endpoints = new MemoryEndpoints { IsAway = true };
        await databases.PutAsync(Delivery("whe_1"), Event());
        await RunOnceAsync(databases, endpoints);
        await FanOutAsync(databases, endpoints);
        foreach (string id in new[] { "dlv_whe_1", EventId })
        {
            OutboxRow row = await databases.FindAsync(id);
            Assert.Equal((OutboxStatus.Pending, 0), (row.Status, row.Attempts));
        }
    }

    [Fact]
    public async Task Fault_of_ours_is_an_attempt_and_is_told()
    {
        await using OutboxDatabases databases = await OutboxDatabases.CreateAsync();
        var endpoints = new MemoryEndpoints { Fault = new InvalidOperationException("A bug.") };
        await databases.PutAsync(Delivery("whe_1"), Event());
        await RunOnceAsync(databases, endpoints);
        await FanOutAsync(databases, endpoints);
        foreach (string id in new[] { "dlv_whe_1", EventId })
        {
            OutboxRow row = await databases.FindAsync(id);
            Assert.Equal((OutboxStatus.Pending, 1, "InvalidOperationException: A bug."), (row.Status, row.Attempts, row.LastError));
        }
    }

    [Fact]
    public async Task Answer_without_end_is_cut_off()
    {
        await using OutboxDatabases databases = await OutboxDatabases.CreateAsync();
        string endless = "HTTP/1.1 200 Ok\r\nContent-Length: 1000000000\r\n\r\n" + new string('x', 200_000);
        await using var receiver = new TestReceiver(_ => new Behaviour(endless, Hangs: true));
        var endpoints = new MemoryEndpoints();
        endpoints.Add("whe_1", receiver.Url);
        await databases.PutAsync(Delivery("whe_1"));
        await RunOnceAsync(databases, endpoints);
        Assert.Equal(OutboxStatus.Delivered, (await databases.FindAsync("dlv_whe_1")).Status);
    }

    [Theory]
    [InlineData("https://127.0.0.1:PORT/hook")]
    [InlineData("https://localhost:PORT/hook")]
    [InlineData("http://127.0.0.1:PORT/hook")]
    [InlineData("https://[::1]:PORT/hook")]
    [InlineData("https://[::ffff:127.0.0.1]:PORT/hook")]
    [InlineData("https://2130706433:PORT/hook")]
    [InlineData("https://localhost.localdomain:PORT/hook")]
    public async Task Address_that_is_not_public_is_not_called(string url)
    {
        await using var receiver = new TestReceiver(_ => Behaviour.Status(200));
        var endpoints = new MemoryEndpoints();
        string port = new Uri(receiver.Url).Port.ToString(System.Globalization.CultureInfo.InvariantCulture);
        endpoints.Add("whe_1", url.Replace("PORT", port, StringComparison.Ordinal));
        using var sender = new WebhookSender(new WebhookOptions(), TimeProvider.System);
        OutboxOutcome outcome = await sender.SendAsync(Delivery("whe_1"), endpoints["whe_1"], default);
        Assert.Equal(OutboxVerdict.Retry, outcome.Verdict);
        Assert.Null(outcome.Status);
        Assert.Empty(receiver.Received);
    }

    [Fact]
    public async Task Name_is_judged_by_what_it_resolves_to_when_the_connection_is_made()
    {
        // The URL says nothing wrong: only the machine's own name, which leads to an address of its own.
        var endpoints = new MemoryEndpoints();
        endpoints.Add("whe_1", $"https://{System.Net.Dns.GetHostName()}.:9/hook");
        using var sender = new WebhookSender(new WebhookOptions(), TimeProvider.System);
        OutboxOutcome outcome = await sender.SendAsync(Delivery("whe_1"), endpoints["whe_1"], default);
        Assert.Equal((OutboxVerdict.Retry, null), (outcome.Verdict, outcome.Status));
    }

    private static OutboxMessage Event() => new(
        EventId, OutboxKinds.AlertRaised, 0, "c", """{"threshold":80}""",
        Core.Time.Instant.FromUnixMicroseconds(1_737_115_200_000_000)) { DueAt = OutboxDatabases.Now };

    private static OutboxMessage Delivery(string endpoint) => new(
        $"dlv_{endpoint}", OutboxKinds.WebhookDelivery, 0, "c", """{"threshold":80}""", OutboxDatabases.Now)
    {
        Topic = OutboxKinds.AlertRaised, EventId = EventId, Target = endpoint, OwnerId = "c",
    };

    private static async Task<IReadOnlyList<OutboxAttemptRow>> AttemptsAsync(OutboxDatabases databases, string id) =>
        await databases.Store.ListAttemptsAsync(0, id, default);

    private static Task FanOutAsync(OutboxDatabases databases, IWebhookEndpoints endpoints) =>
        databases.Worker(new WebhookFanOut(endpoints)).RunOnceAsync("s1", default);

    private static async Task RunOnceAsync(OutboxDatabases databases, IWebhookEndpoints endpoints)
    {
        using var sender = new WebhookSender(Options, TimeProvider.System);
        await databases.Worker(new WebhookDeliveries(endpoints, sender, TimeProvider.System)).RunOnceAsync("s1", default);
    }

    private static Running Deliver(OutboxDatabases databases, IWebhookEndpoints endpoints, OutboxWorkerOptions? options = null)
    {
        var sender = new WebhookSender(Options, TimeProvider.System);
        return new Running(sender, databases.Worker(new WebhookDeliveries(endpoints, sender, TimeProvider.System), options));
    }

    private sealed class Running : IAsyncDisposable
    {
        private readonly CancellationTokenSource stop = new();
        private readonly WebhookSender sender;
        private readonly Task running;

        public Running(WebhookSender sender, OutboxWorker worker)
        {
            this.sender = sender;
            running = worker.RunAsync(stop.Token);
        }

        public async ValueTask DisposeAsync()
        {
            await stop.CancelAsync();
            await running;
            sender.Dispose();
            stop.Dispose();
        }
    }
}
