using System.Text.Json;
using Metering.Delivery.Stripe;
using Metering.TestSupport.Stripe;

namespace Metering.Delivery.Tests.Stripe;

public sealed class StripeClientTests
{
    private static readonly StripeForm Customer = new StripeForm().Add("email", "a@example.com").AddMetadata("customer_id", "a b&c=ü");

    [Theory]
    [InlineData(StripeFault.TooManyRequests)]
    [InlineData(StripeFault.Locked)]
    [InlineData(StripeFault.Unavailable)]
    [InlineData(StripeFault.ErrorAfterWork)]
    [InlineData(StripeFault.CutBeforeWork)]
    [InlineData(StripeFault.CutAfterWork)]
    [InlineData(StripeFault.HangBeforeWork)]
    [InlineData(StripeFault.HangAfterWork)]
    [InlineData(StripeFault.TornAnswer)]
    public async Task Request_that_meets_a_fault_is_sent_again_with_the_same_key_and_done_once(StripeFault fault)
    {
        await using var bench = await GatewayBench.StartAsync(timeout: TimeSpan.FromSeconds(2));
        bench.StandIn.Faults = call => call.Number == 1 ? fault : StripeFault.None;

        StripeReply reply = await bench.Client.PostAsync("/v1/customers", Customer, "key", default);

        Assert.True(reply.IsOk, reply.Reason);
        Assert.Equal(["key", "key"], bench.StandIn.Calls.Select(call => call.IdempotencyKey));
        var made = Assert.Single(bench.StandIn.Things("customer"));
        Assert.Equal("a b&c=ü", (string?)made["metadata"]!["customer_id"]);
        Assert.Equal((string?)made["id"], reply.Body.Text("id"));
    }

    [Theory]
    [InlineData(StripeFault.TooManyRequests)]
    [InlineData(StripeFault.CutBeforeWork)]
    [InlineData(StripeFault.Unavailable)]
    public async Task Retries_end(StripeFault fault)
    {
        await using var bench = await GatewayBench.StartAsync(retries: 2);
        bench.StandIn.Faults = _ => fault;

        StripeReply reply = await bench.Client.PostAsync("/v1/customers", Customer, "key", default);

        Assert.Equal(StripeOutcome.Away, reply.Outcome);
        Assert.Equal(3, bench.StandIn.Calls.Count);
    }

    [Fact]
    public async Task Error_that_Stripe_would_only_replay_is_not_asked_for_again()
    {
        await using var bench = await GatewayBench.StartAsync();
        bench.StandIn.Faults = _ => StripeFault.SavedError;

        StripeReply reply = await bench.Client.PostAsync("/v1/customers", Customer, "key", default);

        Assert.Equal(StripeOutcome.Away, reply.Outcome);
        Assert.Single(bench.StandIn.Calls);
    }

    [Fact]
    public async Task Key_that_was_used_for_another_body_is_told_apart()
    {
        await using var bench = await GatewayBench.StartAsync();
        await bench.Client.PostAsync("/v1/customers", Customer, "key", default);

        StripeReply reply = await bench.Client.PostAsync("/v1/customers", new StripeForm().Add("email", "b@example.com"), "key", default);

        Assert.Equal(StripeOutcome.KeyReused, reply.Outcome);
        Assert.Single(bench.StandIn.Things("customer"));
    }

    [Fact]
    public async Task Wrong_key_unknown_member_and_missing_thing_are_not_tried_again()
    {
        await using var bench = await GatewayBench.StartAsync();
        using var http = new HttpClient();
        var wrong = new StripeClient(
            http, new StripeOptions { SecretKey = "sk_wrong", BaseAddress = bench.StandIn.Address }, TimeProvider.System, new Random(1));
        Assert.Equal(StripeOutcome.Unauthorized, (await wrong.GetAsync("/v1/customers/x", null, default)).Outcome);
        var old = new StripeClient(
            http, new StripeOptions { SecretKey = StripeStandIn.SecretKey, BaseAddress = bench.StandIn.Address, Version = "2020-01-01" },
            TimeProvider.System, new Random(1));
        Assert.Equal(StripeOutcome.InvalidRequest, (await old.GetAsync("/v1/customers/x", null, default)).Outcome);
        Assert.Equal(
            StripeOutcome.InvalidRequest,
            (await bench.Client.PostAsync("/v1/customers", new StripeForm().Add("nonsense", 1), "other", default)).Outcome);
        Assert.Equal(StripeOutcome.NotFound, (await bench.Client.GetAsync("/v1/customers/cus_none", null, default)).Outcome);
        Assert.Equal(4, bench.StandIn.Calls.Count);
    }

    [Fact]
    public async Task Caller_that_gives_up_is_not_answered()
    {
        await using var bench = await GatewayBench.StartAsync();
        bench.StandIn.Faults = _ => StripeFault.HangBeforeWork;
        using var end = new CancellationTokenSource(TimeSpan.FromMilliseconds(50));

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => bench.Client.GetAsync("/v1/customers/x", null, end.Token));
    }

    [Fact]
    public async Task List_of_many_pages_is_read_to_its_end()
    {
        await using var bench = await GatewayBench.StartAsync();
        for (int i = 0; i < 250; i++)
            await bench.Client.PostAsync("/v1/customers", Customer, $"key{i}", default);
        var ids = new HashSet<string>();

        StripeReply reply = await bench.Client.ListAsync(
            "/v1/customers", new StripeForm().Add("email", "a@example.com"), item => !ids.Add(item.Text("id")!), default);

        Assert.True(reply.IsOk);
        Assert.Equal(250, ids.Count);
    }

    [Fact]
    public async Task Server_that_is_not_there_is_away()
    {
        using var http = new HttpClient();
        var options = new StripeOptions { SecretKey = "sk_test", BaseAddress = new Uri("http://127.0.0.1:1"), RetriesMax = 0 };
        var client = new StripeClient(http, options, TimeProvider.System, new Random(1));

        StripeReply reply = await client.GetAsync("/v1/customers/x", null, default);

        Assert.Equal(StripeOutcome.Away, reply.Outcome);
        Assert.Equal(JsonValueKind.Undefined, reply.Body.ValueKind);
    }

    [Fact]
    public void Settings_out_of_range_are_all_named()
    {
        var options = new StripeOptions
        {
            SecretKey = "", BaseAddress = new Uri("http://stripe.example.com"), RetriesMax = 99, RequestTimeout = TimeSpan.Zero,
        };

        string message = Assert.Throws<InvalidOperationException>(options.Validate).Message;

        foreach (string name in (string[])["SecretKey", "BaseAddress", "RetriesMax", "RequestTimeout"])
            Assert.Contains(name, message, StringComparison.Ordinal);
    }
}
