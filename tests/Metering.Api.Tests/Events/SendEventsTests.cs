using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using Metering.Core.Usage;
using Metering.Grid;
using Metering.Grid.Ingest;
using static Metering.Api.Tests.Events.EventTexts;

namespace Metering.Api.Tests.Events;

public sealed class SendEventsTests : IAsyncLifetime
{
    private const string Representation = "return=representation";
    private ApiHost api = null!;

    public async Task InitializeAsync() => api = await ApiHost.StartAsync();

    public async Task DisposeAsync() => await api.DisposeAsync();

    [Theory]
    [InlineData("application/json")]
    [InlineData("application/json; charset=utf-8")]
    [InlineData("application/cloudevents+json; charset=\"UTF-8\"")]
    [InlineData("application/cloudevents-batch+json")]
    public async Task Events_all_taken_are_answered_without_a_body(string contentType)
    {
        HttpResponseMessage response =
            await api.PostAsync("/v1/events", $"[{Event()},{Event(("id", "\"e2\""))}]", api.CustomerKey, contentType);
        Assert.Equal(HttpStatusCode.NoContent, response.StatusCode);
        Assert.Equal(["c1/TOKEN_USAGE/e1", "c1/TOKEN_USAGE/e2"], api.Engine.Taken);
    }

    [Fact]
    public async Task Prefer_gets_one_result_an_event_whatever_became_of_it()
    {
        api.Engine.Decide = id => id switch
        {
            "e2" => api.Engine.Accepted() with { Code = EventCode.Duplicate, Differs = true },
            "e3" => new EventResult { Code = EventCode.InsufficientCredits },
            _ => api.Engine.Accepted(),
        };
        string body = $"[{Event()},{Event(("id", "\"e2\""))},{Event(("id", "\"é3\""), ("subject", "\"p1\""))},{Event(("id", "\"e3\""))}]";
        HttpResponseMessage response = await api.PostAsync("/v1/events", body, api.OperatorKey, headers: ("Prefer", Representation));
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal(
            """
            {"accepted":2,"duplicates":1,"rejected":1,"results":[
            {"index":0,"id":"e1","status":"accepted","credits":"15","at":"2025-01-17T14:30:00Z"},
            {"index":1,"id":"e2","status":"duplicate","credits":"15","at":"2025-01-17T14:30:00Z","differs":true},
            {"index":2,"id":"é3","status":"accepted","credits":"15","at":"2025-01-17T14:30:00Z"},
            {"index":3,"id":"e3","status":"rejected","code":"insufficient_credits"}],
            "balances":[{"customer_id":"c1","available":"999985","held":"0"}]}
            """.ReplaceLineEndings(""),
            await response.Content.ReadAsStringAsync());
    }

    [Theory]
    [InlineData(EventCode.InsufficientCredits, 402)]
    [InlineData(EventCode.LimitExceeded, 429)]
    [InlineData(EventCode.Unavailable, 503)]
    [InlineData(EventCode.CustomerSuspended, 403)]
    [InlineData(EventCode.CustomerNotFound, 404)]
    [InlineData(EventCode.UnknownMeter, 422)]
    [InlineData(EventCode.NoPrice, 422)]
    [InlineData(EventCode.TooOld, 422)]
    [InlineData(EventCode.InFuture, 422)]
    [InlineData(EventCode.OutOfRange, 422)]
    [InlineData(EventCode.TooManyValues, 422)]
    public async Task First_refusal_is_the_status_and_the_problem_has_all_results(EventCode code, int status)
    {
        api.Engine.Decide = id => id == "e1" ? api.Engine.Accepted() : new EventResult { Code = code };
        HttpResponseMessage response = await api.PostAsync("/v1/events", $"[{Event()},{Event(("id", "\"e2\""))}]", api.CustomerKey);
        Assert.Equal(status, (int)response.StatusCode);
        JsonElement problem = await Json.ProblemAsync(response, Metering.Api.Problems.ProblemCodes.Of(code));
        Assert.Equal(1, problem.Number("accepted"));
        Assert.Equal(1, problem.Number("rejected"));
        Assert.Equal(2, problem.GetProperty("results").GetArrayLength());
        Assert.Equal("c1", problem.GetProperty("balances")[0].Text("customer_id"));
        Assert.Equal(status == 503, response.Headers.RetryAfter is not null);
    }

    [Fact]
    public async Task Malformed_event_takes_nothing_and_names_every_fault()
    {
        HttpResponseMessage response =
            await api.PostAsync("/v1/events", $"[{Event()},{Event(("id", null), ("subject", "7"))}]", api.CustomerKey);
        JsonElement problem = await Json.ProblemAsync(response, "invalid_event");
        Assert.Equal(
            """[{"index":1,"field":"subject","message":"Must be a string."},{"index":1,"field":"id","message":"Is required."}]""",
            problem.GetProperty("errors").GetRawText());
        Assert.Empty(api.Engine.Taken);
    }

    [Fact]
    public async Task Foreign_subject_anywhere_refuses_the_whole_request()
    {
        foreach (string subject in new[] { "c2", "nobody" })
        {
            HttpResponseMessage response =
                await api.PostAsync("/v1/events", $"[{Event()},{Event(("subject", $"\"{subject}\""))}]", api.CustomerKey);
            await Json.ProblemAsync(response, "forbidden");
        }

        Assert.Empty(api.Engine.Taken);
    }

    [Theory]
    [InlineData("/v1/events", """[{"specversion":"1.0","id":"1","source":"s","type":"CUSTOM","subject":"c2","data":{}},{"id":7}]""")]
    [InlineData("/v1/events", """[{"specversion":"1.0","subject":"c1"},{"subject":"nobody"}]""")]
    [InlineData("/v1/events", """[{"subject":"c2"},{""")]
    [InlineData("/v1/events/ingest", """{"events":[{"customer_id":"c1","event_type":"?"},{"customer_id":"c2"}]}""")]
    [InlineData("/api/v1/usage/events", """{"organization_id":"c2","quantity":"x"}""")]
    public async Task Foreign_subject_comes_before_the_faults_of_a_body(string path, string body)
    {
        await Json.ProblemAsync(await api.PostAsync(path, body, api.CustomerKey), "forbidden");
        await Json.ProblemAsync(await api.PostAsync(path, body, api.OperatorKey), "invalid_event");
        Assert.Empty(api.Engine.Taken);
    }

    [Theory]
    [InlineData("\"\"")]
    [InlineData("\"a\\u0000b\"")]
    [InlineData("\"\\ud800\"")]
    [InlineData("null")]
    public async Task Subject_that_is_no_id_is_a_fault_and_not_foreign(string subject) => await Json.ProblemAsync(
        await api.PostAsync("/v1/events", Event(("subject", subject)), api.CustomerKey), "invalid_event");

    [Fact]
    public async Task Unknown_subject_is_not_found_for_the_operator_and_the_others_are_taken()
    {
        HttpResponseMessage response =
            await api.PostAsync("/v1/events", $"[{Event()},{Event(("subject", "\"nobody\""))}]", api.OperatorKey);
        await Json.ProblemAsync(response, "customer_not_found");
        Assert.Single(api.Engine.Taken);
    }

    [Fact]
    public async Task Binary_mode_reads_attributes_from_headers()
    {
        HttpResponseMessage response = await api.PostAsync(
            "/v1/events", """{"quantity":1,"feature_id":"f"}""", api.CustomerKey, "application/json", ("ce-specversion", "1.0"),
            ("ce-id", "e%2F1%20%C3%A9"),
            ("ce-source", "\"/a\\\"b\""), ("CE-Type", "CUSTOM"), ("ce-subject", "p1"),
            ("ce-time", "2025-01-17T14:30:00Z"), ("ce-traceparent", "00-1"));
        Assert.Equal(HttpStatusCode.NoContent, response.StatusCode);
        Assert.Equal(["p1/CUSTOM/e/1 é"], api.Engine.Taken);
    }

    [Fact]
    public async Task Binary_mode_names_what_is_missing()
    {
        HttpResponseMessage response = await api.PostAsync(
            "/v1/events", "[]", api.CustomerKey, "application/json", ("ce-specversion", "0.3"),
            ("ce-id", "e%zz"), ("ce-type", "CUSTOM"), ("ce-subject", ""));
        JsonElement problem = await Json.ProblemAsync(response, "invalid_event");
        Assert.Equal(
            ["data", "id", "source", "specversion", "subject"],
            problem.GetProperty("errors").EnumerateArray().Select(error => error.Text("field")).Order(StringComparer.Ordinal));
    }

    [Theory]
    [InlineData("text/plain")]
    [InlineData("application/x-www-form-urlencoded")]
    [InlineData("application/json; charset=utf-16")]
    public async Task Other_content_types_are_not_supported(string contentType) =>
        await Json.ProblemAsync(await api.PostAsync("/v1/events", Event(), api.CustomerKey, contentType), "unsupported_media_type");

    [Fact]
    public async Task Too_many_events_are_too_large()
    {
        string body = "[" + string.Join(",", Enumerable.Repeat("{}", 10_001)) + "]";
        // Faults of the first ten thousand come first: the request is malformed whatever its size.
        await Json.ProblemAsync(await api.PostAsync("/v1/events", body, api.CustomerKey), "invalid_event");
        body = "[" + string.Join(",", Enumerable.Repeat(Event(), 10_001)) + "]";
        await Json.ProblemAsync(await api.PostAsync("/v1/events", body, api.CustomerKey), "payload_too_large");
        Assert.Empty(api.Engine.Taken);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Body_over_the_bound_is_too_large(bool chunked)
    {
        await using ApiHost small = await ApiHost.StartAsync(options => options.BodyMaxBytes = 5_000);
        var request = new HttpRequestMessage(HttpMethod.Post, "/v1/events")
        {
            Content = new StringContent(Event(("pad", $"\"{new string('x', 6_000)}\"")), Encoding.UTF8, "application/json"),
        };
        request.Headers.TransferEncodingChunked = chunked;
        request.Headers.Add("x-api-key", small.CustomerKey.Text);
        await Json.ProblemAsync(await small.Client.SendAsync(request), "payload_too_large");
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Large_bodies_past_the_budget_are_503_and_give_their_room_back(bool chunked)
    {
        await using ApiHost small = await ApiHost.StartAsync(
            options => (options.BodyMaxBytes, options.BodiesMaxBytes) = (1_000_000, 1_000_000));
        using var client = new TcpClient();
        await client.ConnectAsync(IPAddress.Loopback, small.Address.Port);
        // Promises much and sends nothing.
        await client.GetStream().WriteAsync(Encoding.ASCII.GetBytes(
            $"POST /v1/events HTTP/1.1\r\nHost: a\r\nX-Pulse-Key: {small.CustomerKey.Text}\r\n"
            + "Content-Type: application/json\r\nContent-Length: 950000\r\n\r\n"));
        await UntilAsync(async () => await SendAsync() == HttpStatusCode.ServiceUnavailable);
        Assert.Equal(HttpStatusCode.NoContent, (await small.PostAsync("/v1/events", Event(), small.CustomerKey)).StatusCode);
        client.Close();
        await UntilAsync(async () => await SendAsync() == HttpStatusCode.NoContent);

        async Task<HttpStatusCode> SendAsync()
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/events")
            {
                Content = new StringContent(Event(("pad", $"\"{new string('x', 100_000)}\"")), Encoding.UTF8, "application/json"),
            };
            request.Headers.TransferEncodingChunked = chunked;
            request.Headers.Add("x-api-key", small.CustomerKey.Text);
            using HttpResponseMessage response = await small.Client.SendAsync(request);
            if (response.StatusCode == HttpStatusCode.ServiceUnavailable)
                Assert.NotNull(response.Headers.RetryAfter);
            return response.StatusCode;
        }

        static async Task UntilAsync(Func<Task<bool>> isDone)
        {
            for (int i = 0; i < 500; i++)
            {
                if (await isDone())
                    return;
                await Task.Delay(10);
            }

            Assert.Fail("It did not come to be.");
        }
    }

    [Theory]
    [InlineData("/v1/events")]
    [InlineData("/v1/wallets/c1/holds")]
    [InlineData("/v1/webhooks/stripe")]
    public async Task Body_that_stalls_is_ended_by_the_timeout(string path)
    {
        using var client = new TcpClient();
        await client.ConnectAsync(IPAddress.Loopback, api.Address.Port);
        NetworkStream stream = client.GetStream();
        await stream.WriteAsync(Encoding.ASCII.GetBytes(
            $"POST {path} HTTP/1.1\r\nHost: a\r\nX-Pulse-Key: {api.CustomerKey.Text}\r\n"
            + "Content-Type: application/json\r\nContent-Length: 100\r\n\r\n["));
        using var reader = new StreamReader(stream);
        Task<string?> status = reader.ReadLineAsync();
        while (!status.IsCompleted)
        {
            // The handler may not have come to its wait yet.
            api.Time.Advance(TimeSpan.FromSeconds(31));
            await Task.Delay(5);
        }

        Assert.Equal("HTTP/1.1 408 Request Timeout", await status);
    }

    [Fact]
    public async Task Engine_that_is_away_or_overloaded_is_503_with_retry_after()
    {
        api.Engine.Failure = new PartitionUnavailableException("Away.");
        HttpResponseMessage response = await api.PostAsync("/v1/events", Event(), api.CustomerKey);
        await Json.ProblemAsync(response, "unavailable");
        Assert.NotNull(response.Headers.RetryAfter);
        api.Engine.Failure = null;
        api.Engine.Status = IngestStatus.Overloaded;
        response = await api.PostAsync("/v1/events", Event(), api.CustomerKey);
        await Json.ProblemAsync(response, "overloaded");
        Assert.NotNull(response.Headers.RetryAfter);
    }

    [Fact]
    public async Task Fault_of_ours_is_500_without_its_text()
    {
        api.Engine.Failure = new InvalidDataException("secret");
        HttpResponseMessage response = await api.PostAsync("/v1/events", Event(), api.CustomerKey);
        Assert.DoesNotContain("secret", (await Json.ProblemAsync(response, "internal_error")).GetRawText(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Damaged_requests_never_give_500()
    {
        var random = new Random(7);
        string good = $"[{Event(("time", "\"2025-01-17T14:30:00Z\""))}]";
        for (int i = 0; i < 500; i++)
        {
            char[] body = good.ToCharArray();
            for (int times = random.Next(1, 5); times > 0; times--)
                body[random.Next(body.Length)] = "{}[]\",:\\x0e é\u0001"[random.Next(14)];
            HttpResponseMessage response = await api.PostAsync("/v1/events", new string(body), api.CustomerKey);
            Assert.True((int)response.StatusCode < 500, new string(body));
        }
    }
}
