using System.Text;
using Metering.Api.Events;
using Metering.Grid.Ingest;
using Metering.TestSupport.Memory;
using static Metering.Api.Tests.Events.EventTexts;

namespace Metering.Api.Tests.Events;

public sealed class FlatEventReaderTests
{
    private const string Uuid = "7c9e6679-7425-40de-944b-e07fc1f90ae7";

    private static string Members(string more) => $$"""{"events":[{"event_id":"{{Uuid}}","customer_id":"c1",{{more}}}]}""";

    [Fact]
    public void Token_usage_is_the_event_of_the_shipped_catalogue()
    {
        string body = Members("""
            "event_type":"TOKEN_USAGE","feature_id":"chat","provider":"OPENAI","model":"gpt-4-turbo",
            "input_tokens":1000,"output_tokens":500,
            "timestamp":"2025-01-17T14:30:00Z"
            """);
        Assert.Null(Ingest(body, out EventBatch batch));
        using (batch)
        {
            Assert.Equal(
                $"urn:metering:ingest|{Uuid}|TOKEN_USAGE|c1|True 2025-01-17T14:30:00Z|feature_id=Text chat 0, "
                + "input_tokens=Number 1000 1000, "
                + "model=Text gpt-4-turbo 0, output_tokens=Number 500 500, provider=Text OPENAI 0",
                Describe(batch, 0));
        }
    }

    [Fact]
    public void Idempotency_key_takes_the_place_of_the_event_id()
    {
        Assert.Null(Ingest(Members("\"event_type\":\"API_CALL\",\"idempotency_key\":\"k1\""), out EventBatch batch));
        Assert.Null(Ingest(Members("\"event_type\":\"API_CALL\",\"idempotency_key\":null"), out EventBatch without));
        using (batch)
        using (without)
        {
            Assert.Equal("k1", Text(batch, batch[0].Id));
            Assert.Equal(Uuid, Text(without, without[0].Id));
            Assert.Equal(without[0].Digest, batch[0].Digest);
        }
    }

    [Theory]
    [InlineData("", "Number 1 1")]
    [InlineData(",\"calls\":null", "Number 1 1")]
    [InlineData(",\"calls\":3", "Number 3 3")]
    public void Api_call_counts_one_unless_it_says_more(string more, string expected)
    {
        Assert.Null(Ingest(Members($"\"event_type\":\"API_CALL\"{more}"), out EventBatch batch));
        using (batch)
            Assert.Equal(expected, Values(batch, 0)["calls"]);
    }

    [Theory]
    [InlineData("[]", "- : The body must be an object with the member events.")]
    [InlineData("{}", "- events: Is required.")]
    [InlineData("{\"events\":7}", "- events: Must be an array.")]
    [InlineData("{\"events\":[]}", "- events: Has no events.")]
    [InlineData("{\"events\":[3]}", "0 : An event must be an object.")]
    [InlineData("{\"events\":[{\"customer_id\":\"c1\",\"event_type\":\"API_CALL\"}]}", "0 event_id: Is required.")]
    [InlineData("{\"events\":[{\"event_id\":\"e1\",\"customer_id\":\"c1\",\"event_type\":\"API_CALL\"}]}", "0 event_id: Must be a UUID.")]
    [InlineData("{\"events\":[{\"event_id\":\"7c9e6679-7425-40de-944b-e07fc1f90ae7\",\"event_type\":\"API_CALL\"}]}",
        "0 customer_id: Is required.")]
    [InlineData("{\"events\":[{\"event_id\":\"7c9e6679-7425-40de-944b-e07fc1f90ae7\",\"customer_id\":\"c1\"}]}",
        "0 event_type: Is required.")]
    public void Malformed_request_is_named(string body, string expected)
    {
        EventFaults? faults = Ingest(body, out EventBatch batch);
        batch.Dispose();
        Assert.Equal(expected, OnlyFault(faults));
    }

    [Theory]
    [InlineData("\"event_type\":\"OTHER\"", "0 event_type: Must be TOKEN_USAGE, IMAGE_GENERATION, API_CALL or CUSTOM.")]
    [InlineData("\"event_type\":\"TOKEN_USAGE\"", "0 input_tokens: Is required: without it no meter has anything to count.")]
    [InlineData("\"event_type\":\"CUSTOM\",\"quantity\":\"x\"", "0 quantity: Must be a number, or a string that holds a decimal.")]
    [InlineData("\"event_type\":\"API_CALL\",\"timestamp\":\"now\"",
        "0 timestamp: Must be a date and time by RFC 3339, such as 2025-01-17T14:30:00Z.")]
    [InlineData("\"event_type\":\"API_CALL\",\"calls\":1,\"calls\":1", "0 calls: Is there more than once.")]
    [InlineData("\"event_type\":\"API_CALL\",\"idempotency_key\":\"\"", "0 idempotency_key: Must not be empty.")]
    public void Malformed_event_is_named(string more, string expected)
    {
        EventFaults? faults = Ingest(Members(more), out EventBatch batch);
        batch.Dispose();
        Assert.Equal(expected, OnlyFault(faults));
    }

    [Fact]
    public void More_than_a_thousand_events_are_refused()
    {
        string one = $"{{\"event_id\":\"{Uuid}\",\"customer_id\":\"c1\",\"event_type\":\"API_CALL\"}}";
        EventFaults? faults = Ingest("{\"events\":[" + string.Join(",", Enumerable.Repeat(one, 1_001)) + "]}", out EventBatch batch);
        batch.Dispose();
        Assert.Equal("- events: Has more than 1000 events.", OnlyFault(faults));
    }

    [Fact]
    public void Metric_becomes_the_type_with_its_prefix()
    {
        string body = """
            [{"organization_id":"c1","metric_name":"api_calls","quantity":5,"idempotency_key":"k1"},
             {"quantity":"1.5","metric_name":"api_calls","organization_id":"c1","idempotency_key":"k2"},
             {"organization_id":"c1","metric_name":"storage","quantity":2,"idempotency_key":"k3","timestamp":"2025-01-17T14:30:00Z"}]
            """;
        Assert.Null(Metrics(body, out EventBatch batch));
        using (batch)
        {
            Assert.Equal("urn:metering:usage|k1|usage.api_calls|c1|False 1970-01-01T00:00:00Z|quantity=Number 5 5", Describe(batch, 0));
            Assert.Equal("urn:metering:usage|k2|usage.api_calls|c1|False 1970-01-01T00:00:00Z|quantity=Text 1.5 1.5", Describe(batch, 1));
            Assert.Equal("urn:metering:usage|k3|usage.storage|c1|True 2025-01-17T14:30:00Z|quantity=Number 2 2", Describe(batch, 2));
        }
    }

    [Fact]
    public void Metric_without_a_key_gets_an_id_of_its_own()
    {
        const string One = "{\"organization_id\":\"c1\",\"metric_name\":\"api_calls\",\"quantity\":5}";
        Assert.Null(Metrics("[" + string.Join(",", Enumerable.Repeat(One, 500)) + "]", out EventBatch batch));
        using (batch)
        {
            var ids = Enumerable.Range(0, batch.Count).Select(i => Text(batch, batch[i].Id)).ToHashSet();
            Assert.Equal(500, ids.Count);
            Assert.All(ids, id => Assert.True(Guid.TryParse(id, out _)));
        }
    }

    [Theory]
    [InlineData("{}", 2)]
    [InlineData("{\"organization_id\":\"c1\",\"metric_name\":\"api_calls\"}", 1)]
    [InlineData("{\"organization_id\":\"c1\",\"metric_name\":\"\",\"quantity\":1}", 1)]
    public void Malformed_metric_is_named(string body, int expected)
    {
        EventFaults? faults = Metrics(body, out EventBatch batch);
        batch.Dispose();
        Assert.Equal(expected, faults!.Total);
    }

    private static EventFaults? Ingest(string body, out EventBatch batch)
    {
        batch = Fill(Encoding.UTF8.GetBytes(body), out TextSlice slice);
        return EventReader.ReadIngest(batch, slice, Shipped).Faults;
    }

    private static EventFaults? Metrics(string body, out EventBatch batch)
    {
        batch = Fill(Encoding.UTF8.GetBytes(body), out TextSlice slice);
        return EventReader.ReadMetrics(batch, slice, Shipped, 10_000, new ManualTime(DateTimeOffset.UnixEpoch)).Faults;
    }
}
