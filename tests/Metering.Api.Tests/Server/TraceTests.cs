using Metering.Core.Time;
using Metering.Server.Client;
using Metering.Server.Replay;

namespace Metering.Api.Tests.Server;

public sealed class TraceTests : IDisposable
{
    private readonly string file = Path.Combine(Path.GetTempPath(), $"metering-trace-{Guid.NewGuid():N}.csv");

    [Fact]
    public void Rows_become_events_with_ids_from_their_numbers_and_a_source_from_the_content()
    {
        Trace trace = Open(
            "TIMESTAMP,ContextTokens,GeneratedTokens\n2023-11-16 18:17:03.9799600,4808,10\n2023-11-16 18:17:04.0319600,3180,8");
        UsageEvent[] events = [.. trace.Events(TimeSpan.FromDays(1))];
        Assert.Equal(["row-1", "row-2"], events.Select(item => item.Id));
        Assert.All(events, item => Assert.Equal(trace.Source, item.Source));
        Assert.Equal("2023-11-17T18:17:03.97996Z", events[0].Time.ToString());
        Assert.Equal(
            [new("input_tokens", "4808", true), new("output_tokens", "10", true), new("provider", "OPENAI", false),
                new("model", "gpt-4-turbo", false)],
            events[0].Data);
        Assert.Equal(("7988", "18"), (trace.Totals[0].ToString(), trace.Totals[1].ToString()));
        Assert.True(Instant.TryParseRfc3339("2023-11-16T18:17:04.03196Z", out Instant last));
        Assert.Equal(last, trace.Last);
    }

    [Fact]
    public void Another_content_is_another_source()
    {
        string first = Open("TIMESTAMP,ContextTokens,GeneratedTokens\n2023-11-16 18:17:03,1,1").Source;
        Assert.NotEqual(first, Open("TIMESTAMP,ContextTokens,GeneratedTokens\n2023-11-16 18:17:03,1,2").Source);
        Assert.Equal(first, Open("TIMESTAMP,ContextTokens,GeneratedTokens\n2023-11-16 18:17:03,1,1").Source);
    }

    [Theory]
    [InlineData("", "is empty")]
    [InlineData("TIMESTAMP,ContextTokens,GeneratedTokens\n", "no rows")]
    [InlineData("TIMESTAMP,ContextTokens\n2023-11-16 18:17:03,1\n", "no column 'GeneratedTokens'")]
    [InlineData("TIMESTAMP,ContextTokens,GeneratedTokens\n2023-11-16 18:17:03,1,1\nsoon,1,1\n", "row 2: 'soon' is no time")]
    [InlineData("TIMESTAMP,ContextTokens,GeneratedTokens\n2023-11-16 18:17:03,1\n", "row 1 has 2 fields, 3 are needed")]
    public void A_file_that_cannot_be_replayed_whole_is_refused_before_anything_is_sent(string content, string fault) =>
        Assert.Contains(fault, Assert.Throws<FormatException>(() => Open(content)).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData("a,b\n", "a|b")]
    [InlineData("\"a,b\",\"say \"\"hi\"\"\"\n", "a,b|say \"hi\"")]
    [InlineData("\"two\nlines\",x\r\n", "two\nlines|x")]
    [InlineData(",\n", "|")]
    public void Fields_are_read_as_rfc_4180_has_them(string text, string expected) =>
        Assert.Equal(expected, string.Join('|', new CsvReader(new StringReader(text)).Read()!));

    public void Dispose() => File.Delete(file);

    private Trace Open(string content)
    {
        File.WriteAllText(file, content);
        return Trace.Open(new ReplayPlan { File = file });
    }
}
