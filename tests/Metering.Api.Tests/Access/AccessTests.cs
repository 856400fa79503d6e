using System.Net;
using System.Net.Sockets;
using System.Text;
using Metering.Api.Access;
using Metering.Core.Catalog;
using Metering.Core.Ids;
using Metering.Core.Money;
using Metering.Core.Time;
using Metering.Grid.Directory;
using Microsoft.AspNetCore.Builder;
using static Metering.Api.Tests.Events.EventTexts;

namespace Metering.Api.Tests.Access;

public sealed class AccessTests : IAsyncLifetime
{
    private const string CronSecret = "a secret of the scheduler";
    private ApiHost api = null!;

    public async Task InitializeAsync() => api = await ApiHost.StartAsync(options => options.CronSecret = CronSecret, Map);

    public async Task DisposeAsync() => await api.DisposeAsync();

    [Theory]
    [InlineData("Authorization", "Bearer {0}")]
    [InlineData("Authorization", "bearer  {0} ")]
    [InlineData("x-api-key", "{0}")]
    [InlineData("X-Pulse-Key", "{0}")]
    public async Task Key_is_read_from_three_headers(string header, string form)
    {
        HttpResponseMessage response = await GetAsync("/read", header, string.Format(null, form, api.ReadKey.Text));
        Assert.Equal("k2 c1", await response.Content.ReadAsStringAsync());
    }

    [Theory]
    [InlineData("/read", null)]
    [InlineData("/read", "mk_live_wrong")]
    [InlineData("/operator", null)]
    [InlineData("/unsaid", null)]
    [InlineData("/cron", "wrong")]
    [InlineData("/read", CronSecret)]
    public async Task No_valid_key_is_401_with_the_scheme(string path, string? key)
    {
        HttpResponseMessage response = await GetAsync(path, "x-api-key", key);
        await Json.ProblemAsync(response, "unauthorized");
        Assert.Equal("Bearer", response.Headers.WwwAuthenticate.ToString());
    }

    [Fact]
    public async Task Scopes_and_kinds_of_keys_decide()
    {
        Assert.Equal(HttpStatusCode.OK, (await GetAsync("/wallet", "x-api-key", api.CustomerKey.Text)).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await GetAsync("/operator", "x-api-key", api.OperatorKey.Text)).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await GetAsync("/wallet", "x-api-key", api.OperatorKey.Text)).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await GetAsync("/cron", "Authorization", $"Bearer {CronSecret}")).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await GetAsync("/cron", "x-api-key", api.OperatorKey.Text)).StatusCode);
        await Json.ProblemAsync(await GetAsync("/wallet", "x-api-key", api.ReadKey.Text), "forbidden");
        await Json.ProblemAsync(await GetAsync("/operator", "x-api-key", api.CustomerKey.Text), "forbidden");
        await Json.ProblemAsync(await GetAsync("/cron", "x-api-key", api.CustomerKey.Text), "forbidden");
        await Json.ProblemAsync(await GetAsync("/unsaid", "x-api-key", api.CustomerKey.Text), "forbidden");
        await Json.ProblemAsync(await api.PostAsync("/v1/events", Event(), api.ReadKey), "forbidden");
    }

    [Fact]
    public async Task Revoked_key_is_401_after_the_next_poll()
    {
        Assert.Equal(HttpStatusCode.OK, (await GetAsync("/wallet", "x-api-key", api.CustomerKey.Text)).StatusCode);
        await api.Store.RevokeKeyAsync("k1", Instant.UnixEpoch, CancellationToken.None);
        await api.Directory.RefreshAsync(CancellationToken.None);
        await Json.ProblemAsync(await GetAsync("/wallet", "x-api-key", api.CustomerKey.Text), "unauthorized");
    }

    [Fact]
    public async Task Key_that_cannot_be_looked_up_is_503()
    {
        api.Store.Away = true;
        await Json.ProblemAsync(await GetAsync("/wallet", "x-api-key", api.CustomerKey.Text), "unavailable");
        await Json.ProblemAsync(await api.PostAsync("/v1/events", Event(), api.CustomerKey), "unavailable");
    }

    [Fact]
    public async Task Made_up_keys_of_one_address_make_no_more_queries_than_its_limit()
    {
        await using ApiHost other = await ApiHost.StartAsync(options => options.AddressRequestsPerMinute = 5, Map);
        for (int i = 0; i < 20; i++)
        {
            HttpResponseMessage refused = i % 2 == 0
                ? await other.PostAsync("/v1/events", Event(), KeySecret.Create())
                : await other.Client.SendAsync(WithKey("/read", KeySecret.Create().Text));
            await Json.ProblemAsync(refused, i < 5 ? "unauthorized" : "rate_limited");
        }

        Assert.Equal(5, other.Store.KeyQueries);
        other.Time.Advance(TimeSpan.FromSeconds(60));
        Assert.Equal(HttpStatusCode.OK, (await other.Client.SendAsync(WithKey("/read", other.ReadKey.Text))).StatusCode);
    }

    [Fact]
    public async Task Look_ups_that_found_a_key_do_not_count_against_its_address()
    {
        await using ApiHost other = await ApiHost.StartAsync(options => options.AddressRequestsPerMinute = 1, Map);
        foreach (KeySecret key in new[] { other.ReadKey, other.CustomerKey, other.OperatorKey })
            Assert.NotEqual(HttpStatusCode.TooManyRequests, (await other.Client.SendAsync(WithKey("/read", key.Text))).StatusCode);
    }

    [Fact]
    public async Task Key_that_was_not_found_is_not_looked_for_again_within_a_second()
    {
        for (int i = 0; i < 3; i++)
            await Json.ProblemAsync(await GetAsync("/read", "x-api-key", "mk_live_wrong"), "unauthorized");
        Assert.Equal(1, api.Store.KeyQueries);
        api.Time.Advance(TimeSpan.FromSeconds(1));
        await Json.ProblemAsync(await GetAsync("/read", "x-api-key", "mk_live_wrong"), "unauthorized");
        Assert.Equal(2, api.Store.KeyQueries);
    }

    [Fact]
    public async Task Key_over_its_limit_is_refused_before_the_body_is_read()
    {
        await using ApiHost other = await ApiHost.StartAsync(options => options.KeyRequestsPerMinute = 1, Map);
        Assert.Equal(HttpStatusCode.NoContent, (await other.PostAsync("/v1/events", Event(), other.CustomerKey)).StatusCode);
        using var client = new TcpClient();
        await client.ConnectAsync(IPAddress.Loopback, other.Address.Port);
        NetworkStream stream = client.GetStream();
        // The body never comes.
        await stream.WriteAsync(Encoding.ASCII.GetBytes(
            $"POST /v1/events HTTP/1.1\r\nHost: a\r\nX-Pulse-Key: {other.CustomerKey.Text}\r\n"
            + "Content-Type: application/json\r\nContent-Length: 100\r\n\r\n"));
        using var reader = new StreamReader(stream);
        Assert.Equal("HTTP/1.1 429 Too Many Requests", await reader.ReadLineAsync().WaitAsync(TimeSpan.FromSeconds(20)));
    }

    [Fact]
    public async Task Answers_to_a_key_carry_its_limit_also_when_the_engine_is_away()
    {
        api.Engine.Failure = new Metering.Grid.PartitionUnavailableException("Away.");
        HttpResponseMessage response = await api.PostAsync("/v1/events", Event(), api.CustomerKey);
        await Json.ProblemAsync(response, "unavailable");
        Assert.Equal(["59999"], response.Headers.GetValues("X-RateLimit-Remaining"));
    }

    [Fact]
    public async Task Customer_keys_carry_the_limit_and_operator_keys_have_none()
    {
        HttpResponseMessage response = await GetAsync("/wallet", "x-api-key", api.CustomerKey.Text);
        Assert.Equal(["60000"], response.Headers.GetValues("X-RateLimit-Limit"));
        Assert.Equal(["59999"], response.Headers.GetValues("X-RateLimit-Remaining"));
        Assert.Equal(["42"], response.Headers.GetValues("X-RateLimit-Reset"));
        response = await api.PostAsync("/v1/events", Event(), api.CustomerKey);
        Assert.Equal(["59998"], response.Headers.GetValues("X-RateLimit-Remaining"));
        response = await api.PostAsync("/v1/events", "{", api.CustomerKey);
        Assert.Equal(["59997"], response.Headers.GetValues("X-RateLimit-Remaining"));
        response = await GetAsync("/wallet", "x-api-key", api.OperatorKey.Text);
        Assert.False(response.Headers.Contains("X-RateLimit-Limit"));
    }

    [Fact]
    public async Task Plan_sets_the_limit_of_its_keys()
    {
        await using ApiHost other = await ApiHost.StartAsync(null, Map);
        await other.Store.PutPlanAsync(
            new Plan
            {
                Id = PlanId.Parse("small"), Version = 1, Name = "Small", Currency = Currency.Parse("USD"), WalletMode = WalletMode.Postpaid,
                RateLimit = new RateLimit(3, RateInterval.Hour),
            },
            CancellationToken.None);
        await other.Store.FollowPartitionAsync([new PartitionFact("c1", "c1", "small", 1, null, 0, 1)], CancellationToken.None);
        await other.Directory.RefreshAsync(CancellationToken.None);
        Assert.Equal(HttpStatusCode.NoContent, (await other.PostAsync("/v1/events", Event(), other.CustomerKey)).StatusCode);
        await Json.ProblemAsync(await other.PostAsync("/v1/events", "{", other.CustomerKey), "invalid_event");
        Assert.Equal(HttpStatusCode.NoContent, (await other.PostAsync("/v1/events", Event(), other.CustomerKey)).StatusCode);
        foreach (string body in new[] { Event(), "{" })
        {
            HttpResponseMessage response = await other.PostAsync("/v1/events", body, other.CustomerKey);
            await Json.ProblemAsync(response, "rate_limited");
            Assert.Equal("42", response.Headers.RetryAfter!.ToString());
            Assert.Equal(["0"], response.Headers.GetValues("X-RateLimit-Remaining"));
        }
    }

    [Fact]
    public async Task Request_1001_without_a_key_within_a_minute_is_429()
    {
        for (int i = 0; i < 1_000; i++)
            Assert.Equal(HttpStatusCode.OK, (await api.Client.GetAsync("/open")).StatusCode);
        HttpResponseMessage response = await api.Client.GetAsync("/open");
        await Json.ProblemAsync(response, "rate_limited");
        Assert.InRange(response.Headers.RetryAfter!.Delta!.Value.TotalSeconds, 1, 60);
        // A wrong key is no key; a right one is not counted here.
        await Json.ProblemAsync(await GetAsync("/read", "x-api-key", "mk_live_wrong"), "rate_limited");
        await Json.ProblemAsync(await api.PostAsync("/v1/events", Event()), "rate_limited");
        Assert.Equal(HttpStatusCode.OK, (await GetAsync("/read", "x-api-key", api.ReadKey.Text)).StatusCode);
        api.Time.Advance(TimeSpan.FromSeconds(60));
        Assert.Equal(HttpStatusCode.OK, (await api.Client.GetAsync("/open")).StatusCode);
    }

    [Fact]
    public async Task Paths_of_probes_can_be_left_out_of_the_limit()
    {
        await using ApiHost other = await ApiHost.StartAsync(
            options =>
            {
                options.AddressRequestsPerMinute = 2;
                options.UnlimitedPaths = ["/open"];
            },
            Map);
        for (int i = 0; i < 5; i++)
            Assert.Equal(HttpStatusCode.OK, (await other.Client.GetAsync("/open")).StatusCode);
    }

    [Fact]
    public async Task Unknown_path_and_method_are_problems()
    {
        await Json.ProblemAsync(await api.Client.GetAsync("/nowhere"), "not_found");
        await Json.ProblemAsync(await api.Client.GetAsync("/v1/events"), "method_not_allowed");
    }

    private static void Map(WebApplication app)
    {
        app.MapGet("/open", () => "ok").AllowWithoutKey();
        app.MapGet("/read", (Caller caller) => $"{caller.KeyId} {caller.CustomerId}").RequireScope(KeyScopes.Read);
        app.MapGet("/wallet", () => "ok").RequireScope(KeyScopes.Wallet);
        app.MapGet("/operator", () => "ok").RequireOperator();
        app.MapGet("/cron", () => "ok").RequireOperatorOrCron();
        app.MapGet("/unsaid", () => "ok");
    }

    private static HttpRequestMessage WithKey(string path, string key)
    {
        var request = new HttpRequestMessage(HttpMethod.Get, path);
        request.Headers.Add("x-api-key", key);
        return request;
    }

    private Task<HttpResponseMessage> GetAsync(string path, string header, string? value)
    {
        var request = new HttpRequestMessage(HttpMethod.Get, path);
        if (value is not null)
            request.Headers.TryAddWithoutValidation(header, value);
        return api.Client.SendAsync(request);
    }
}
