using System.Text;
using Metering.Api.Events;
using Metering.Grid.Ingest;
using static Metering.Api.Tests.Events.EventTexts;

namespace Metering.Api.Tests.Events;

public sealed class CloudEventReaderTests
{
    [Fact]
    public void Event_becomes_slices_and_values()
    {
        Assert.Null(Read(Event(("time", "\"2025-01-17T14:30:00Z\"")), out EventBatch batch));
        using (batch)
        {
            Assert.Equal(1, batch.Count);
            Assert.Equal(
                "/app|e1|TOKEN_USAGE|c1|True 2025-01-17T14:30:00Z|feature_id=absent, input_tokens=Number 1000 1000, "
                + "model=Text gpt-4-turbo 0, "
                + "output_tokens=Number 500 500, provider=Text OPENAI 0",
                Describe(batch, 0));
        }
    }

    [Fact]
    public void Array_keeps_the_order_of_its_events()
    {
        Assert.Null(Read($"[{Event()},{Event(("id", "\"e2\""))}]", out EventBatch batch));
        using (batch)
            Assert.Equal(["e1", "e2"], Enumerable.Range(0, batch.Count).Select(i => Text(batch, batch[i].Id)));
    }

    [Fact]
    public void Batch_may_be_empty()
    {
        Assert.Null(Read("[]", out EventBatch batch));
        using (batch)
            Assert.Equal(0, batch.Count);
    }

    [Fact]
    public void Data_before_the_type_is_read_all_the_same()
    {
        const string Data = "\"data\":{\"output_tokens\":5,\"provider\":\"X\",\"model\":\"m\"}";
        const string Rest = "\"id\":\"e1\",\"source\":\"/app\",\"specversion\":\"1.0\",\"subject\":\"c1\",\"type\":\"TOKEN_USAGE\"";
        Assert.Null(Read($"{{{Data},{Rest}}}", out EventBatch before));
        Assert.Null(Read($"{{{Rest},{Data}}}", out EventBatch after));
        using (before)
        using (after)
        {
            Assert.Equal(Describe(after, 0), Describe(before, 0));
            Assert.Equal(after[0].Digest, before[0].Digest);
        }
    }

    [Fact]
    public void Escapes_are_resolved_everywhere()
    {
        string body = """
            {"\u0069d":"\u0065\n1","source":"\/app","specversion":"1.\u0030","type":"TOKEN\u005fUSAGE","subject":"c\u0031",
             "data":{"input\u005ftokens":"\u0031\u0030","model":"gpt\u002d4","provider":"é\u00e9"}}
            """.Replace("\\n", "", StringComparison.Ordinal);
        Assert.Null(Read(body, out EventBatch batch));
        using (batch)
        {
            Assert.Equal(
                "/app|e1|TOKEN_USAGE|c1|False 1970-01-01T00:00:00Z|feature_id=absent, input_tokens=Text 10 10, model=Text gpt-4 0, "
                + "output_tokens=absent, provider=Text éé 0",
                Describe(batch, 0));
        }
    }

    [Theory]
    [InlineData("523.4567890123456", "Number 523.4567890123456 523.456789012")]
    [InlineData("\"0.5\"", "Text 0.5 0.5")]
    [InlineData("-3", "Number -3 -3")]
    [InlineData("1e3", "Number 1e3 1000")]
    [InlineData("1e400", "Number 1e400 0 out of range")]
    [InlineData("1234567890123456789", "Number 1234567890123456789 0 out of range")]
    [InlineData("\"1234567890123456789\"", "Text 1234567890123456789 0 out of range")]
    [InlineData("1e-400", "Number 1e-400 0")]
    [InlineData("null", "absent")]
    public void Values_are_taken_exactly(string json, string expected)
    {
        Assert.Null(Read(Event(("data", $$"""{"input_tokens":{{json}},"output_tokens":1}""")), out EventBatch batch));
        using (batch)
            Assert.Equal(expected, Values(batch, 0)["input_tokens"]);
    }

    [Theory]
    [InlineData("null")]
    [InlineData(null)]
    [InlineData("{}")]
    public void Data_that_is_null_or_absent_is_an_empty_object(string? data)
    {
        Assert.Null(Read(Event(("type", "\"nobody.counts.this\""), ("data", data)), out EventBatch batch));
        Assert.Null(Read(Event(("type", "\"nobody.counts.this\""), ("data", "{}")), out EventBatch empty));
        using (batch)
        using (empty)
        {
            Assert.Null(batch[0].Shape);
            Assert.Equal(empty[0].Digest, batch[0].Digest);
        }
    }

    [Fact]
    public void Extensions_and_properties_nobody_reads_may_be_anything()
    {
        string body = Event(
            ("datacontenttype", "\"application/json\""), ("dataschema", "null"), ("traceparent", "\"00-1\""), ("odd", "[1,{\"a\":[]}]"),
            ("data", """{"input_tokens":1,"nested":{"a":[1,2,{"b":null}]},"list":[],"flag":true}"""));
        Assert.Null(Read(body, out EventBatch batch));
        batch.Dispose();
    }

    public static TheoryData<string, string> Malformed => new()
    {
        { "", "- : The body is empty." },
        { "17", "0 : An event must be an object." },
        { "[1]", "0 : An event must be an object." },
        { $"[{Event()},[]]", "1 : An event must be an object." },
        { Event(("id", null)), "0 id: Is required." },
        { Event(("source", null)), "0 source: Is required." },
        { Event(("specversion", null)), "0 specversion: Is required." },
        { Event(("type", null)), "0 type: Is required." },
        { Event(("subject", null)), "0 subject: Is required." },
        { Event(("subject", "null")), "0 subject: Must be a string." },
        { Event(("id", "7")), "0 id: Must be a string." },
        { Event(("id", "{\"a\":1}")), "0 id: Must be a string." },
        { Event(("id", "\"\"")), "0 id: Must not be empty." },
        { Event(("id", $"\"{new string('x', 257)}\"")), "0 id: Has 257 bytes; at most 256 are allowed." },
        { Event(("source", "\"a\\u0000b\"")), "0 source: Has control characters or is not valid UTF-8." },
        { Event(("type", "\"a\\u007fb\"")), "0 type: Has control characters or is not valid UTF-8." },
        { Event(("subject", "\"\\ud800\"")), "0 subject: Is not valid Unicode." },
        { Event(("specversion", "\"0.3\"")), "0 specversion: Must be \"1.0\"." },
        { Event(("specversion", "1.0")), "0 specversion: Must be \"1.0\"." },
        { Event(("time", "\"yesterday\"")), "0 time: Must be a date and time by RFC 3339, such as 2025-01-17T14:30:00Z." },
        { Event(("time", "1737124200")), "0 time: Must be a date and time by RFC 3339, such as 2025-01-17T14:30:00Z." },
        { Event(("data", "[]")), "0 data: Must be an object." },
        { Event(("data", "\"x\"")), "0 data: Must be an object." },
        { Event(("data", null), ("data_base64", "\"e30=\""), ("type", "\"x\"")),
            "0 data_base64: Is not supported: send data as an object." },
        { Event(("data", """{"input_tokens":"NaN"}""")), "0 data.input_tokens: Must be a number, or a string that holds a decimal." },
        { Event(("data", """{"input_tokens":""}""")), "0 data.input_tokens: Must be a number, or a string that holds a decimal." },
        { Event(("data", """{"input_tokens":true}""")), "0 data.input_tokens: Must be a number, or a string that holds a decimal." },
        { Event(("data", """{"input_tokens":[1]}""")), "0 data.input_tokens: Must be a number, or a string that holds a decimal." },
        { Event(("data", """{"input_tokens":"0.0000000001"}""")), "0 data.input_tokens: Has more than 9 decimals." },
        { Event(("data", """{"input_tokens":1,"model":{"a":1}}""")),
            "0 data.model: Must be a string, a number, true or false: a meter reads it." },
        { Event(("data", """{"input_tokens":1,"model":"a\u0000"}""")), "0 data.model: Has control characters or is not valid UTF-8." },
        { Event(("data", $$"""{"input_tokens":1,"model":"{{new string('x', 257)}}"}""")),
            "0 data.model: Has 257 bytes; at most 256 are allowed where a meter reads it." },
        { Event(("data", $$"""{"input_tokens":0.{{new string('1', 300)}}}""")),
            "0 data.input_tokens: Has 302 digits; at most 256 are allowed." },
        { Event(("data", """{"input_tokens":1,"input_tokens":2}""")), "0 data.input_tokens: Is there more than once." },
        { Event(("data", """{"input_tokens":1,"x":2,"\u0078":3}""")), "0 data.x: Is there more than once." },
        { Event(("data", """{"input_tokenz":1}""")), "0 data.input_tokens: Is required: without it no meter has anything to count." },
        { Event(("data", "null")), "0 data.input_tokens: Is required: without it no meter has anything to count." },
        { Event().Replace("{\"id\"", "{\"id\":\"a\",\"id\"", StringComparison.Ordinal), "0 id: Is there more than once." },
        { Event(("ext", "1")).Replace("\"ext\":1", "\"ext\":1,\"ext\":1", StringComparison.Ordinal), "0 ext: Is there more than once." },
    };

    [Theory]
    [MemberData(nameof(Malformed))]
    public void Malformed_event_is_named_with_index_and_field(string body, string expected)
    {
        EventFaults? faults = Read(body, out EventBatch batch);
        using (batch)
            Assert.Equal(expected, OnlyFault(faults));
    }

    [Theory]
    [InlineData("{", "0 : Broken JSON")]
    [InlineData("[{},", "Broken JSON")]
    [InlineData("{\"data\":{\"input_tokens\":NaN}}", "0 : Broken JSON")]
    [InlineData("{\"data\":{\"input_tokens\":01}}", "0 : Broken JSON")]
    [InlineData("[] x", "- : Broken JSON")]
    [InlineData("nul", "- : Broken JSON")]
    public void Broken_json_is_a_fault_of_the_event_it_is_in(string body, string expected)
    {
        EventFaults? faults = Read(body, out EventBatch batch);
        batch.Dispose();
        string last = faults!.Listed[^1] is var error ? $"{error.Index?.ToString() ?? "-"} {error.Field}: {error.Message}" : "";
        Assert.Contains(expected, last, StringComparison.Ordinal);
    }

    [Fact]
    public void Depth_is_bounded()
    {
        string deep = string.Concat(Enumerable.Repeat("[", 40)) + string.Concat(Enumerable.Repeat("]", 40));
        EventFaults? faults = Read(Event(("data", $$"""{"input_tokens":1,"x":{{deep}}}""")), out EventBatch batch);
        batch.Dispose();
        Assert.Contains("depth", OnlyFault(faults), StringComparison.Ordinal);
    }

    [Fact]
    public void Bytes_that_are_no_utf8_are_named()
    {
        byte[] body = Encoding.UTF8.GetBytes(Event(("id", "\"e#1\"")));
        body[Array.IndexOf(body, (byte)'#')] = 0xFF;
        EventFaults? faults = Read(body, out EventBatch batch).Faults;
        batch.Dispose();
        Assert.Equal("0 id: Is not valid Unicode.", OnlyFault(faults));
    }

    [Fact]
    public void Bytes_that_are_no_utf8_are_found_where_nobody_reads()
    {
        byte[] body = Encoding.UTF8.GetBytes(Event(("ext", "\"e#1\"")));
        body[Array.IndexOf(body, (byte)'#')] = 0xFF;
        EventFaults? faults = Read(body, out EventBatch batch).Faults;
        batch.Dispose();
        Assert.Equal("- : The body is not valid UTF-8.", OnlyFault(faults));
    }

    [Fact]
    public void Every_fault_of_a_request_is_counted_and_a_hundred_are_listed()
    {
        EventFaults? faults = Read("[" + string.Join(",", Enumerable.Repeat("{\"data\":1}", 50)) + "]", out EventBatch batch);
        batch.Dispose();
        Assert.Equal(300, faults!.Total);
        Assert.Equal(EventFaults.ListedMax, faults.Listed.Count);
        Assert.Contains("300 faults; the first 100", faults.ToProblem().Detail, StringComparison.Ordinal);
    }

    [Fact]
    public void More_events_than_allowed_are_too_many()
    {
        ReadOutcome outcome = Read(
            Encoding.UTF8.GetBytes("[" + string.Join(",", Enumerable.Repeat(Event(), 4)) + "]"), out EventBatch batch, 3);
        batch.Dispose();
        Assert.True(outcome.TooMany);
        outcome = Read(Encoding.UTF8.GetBytes("[" + string.Join(",", Enumerable.Repeat(Event(), 3)) + "]"), out batch, 3);
        batch.Dispose();
        Assert.False(outcome.TooMany);
    }

    [Fact]
    public void Members_are_bounded()
    {
        string members = string.Join(",", Enumerable.Range(0, 256).Select(i => $"\"m{i}\":1"));
        EventFaults? faults = Read(Event(("data", $$"""{"input_tokens":1,{{members}}}""")), out EventBatch batch);
        batch.Dispose();
        Assert.Equal("0 data: Has more than 256 members.", OnlyFault(faults));
    }

    [Fact]
    public void Filter_that_leaves_every_meter_out_needs_no_value()
    {
        // A call that says nothing is counted by the meter of all calls, which needs no value.
        Assert.Null(Read(Event(("type", "\"api.call\""), ("data", "{}")), out EventBatch batch));
        batch.Dispose();
    }
}
