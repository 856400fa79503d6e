using System.Text;
using Metering.Api.Events;
using Metering.Api.Tests.Events;
using Metering.Api.Tests.Support;
using Metering.Core.Usage;
using Metering.Grid.Ingest;

namespace Metering.Api.Tests.Usage;

/// <summary>Checks in the plain form have a reader of their own: it must say what the careful one says.</summary>
public sealed class CheckLimitsTests
{
    private const string Path = "/v1/usage/c1/check-limits";

    public static TheoryData<string> Forms => new()
    {
        """{"type":"usage.participant_minutes","data":{"quantity":200}}""",
        """ { "data" : { "quantity" : 200 , "kept" : null } , "type" : "usage.participant_minutes" } """,
        """{"type":"usage.participant_min\u0075tes","data":{"quantity":200}}""",
        """{"type":"usage.participant_minutes","data":{"quantity":200,"more":{"deep":[1,2]}}}""",
        """{"type":"usage.participant_minutes","data":{"quantity":200,"more":"PADDING"}}""",
    };

    [Theory]
    [MemberData(nameof(Forms))]
    public async Task A_body_in_any_form_asks_about_the_same_event(string body)
    {
        await using TestGrid grid = await TestGrid.StartAsync();
        await grid.AddCustomerAsync("c1", "media-free");
        FakeProject project = await grid.Engine.FakeProjectAsync("c1");
        body = body.Replace("PADDING", new string('x', 5_000), StringComparison.Ordinal);
        foreach ((EventCode code, string allowed, string said) in new[]
        {
            (EventCode.Accepted, "true", "accepted"), (EventCode.LimitExceeded, "false", "limit_exceeded"),
            (EventCode.Accepted, "true", "accepted"),
        })
        {
            project.Check = project.Check with { Code = code };
            Reply reply = (await grid.Operator.PostJsonAsync(Path, body)).Expect(200);
            Assert.Equal(
                $$"""{"approaching_limits":false,"alerts":[],"allowed":{{allowed}},"code":"{{said}}"}""", reply.Text);
            Assert.Equal("urn:metering:check c1 c1: quantity=200", project.CheckedEvent);
            Assert.Equal("usage.participant_minutes", project.CheckedType);
        }

        Assert.Equal(3, project.CheckedIds.Distinct().Count());
    }

    [Theory]
    [InlineData("""{"type":"usage.participant_minutes","type":"usage.participant_minutes","data":{"quantity":1}}""", "invalid_request", "")]
    [InlineData("""{"type":"usage.participant_minutes","data":{"quantity":1,"quantity":2}}""", "invalid_request", "")]
    [InlineData("""{"type":"usage.participant_minutes","data":{"quantity":1}}{}""", "invalid_request", "")]
    [InlineData("""{"type":"usage.participant_minutes","data":{"quantity":1}""", "invalid_request", "")]
    [InlineData("""{"type":"usage.participant_minutes","id":"e1","data":{"quantity":1}}""", "invalid_request", "id")]
    [InlineData("""{"type":"usage.participant_minutes","data":7}""", "invalid_request", "data")]
    [InlineData("""{"type":""}""", "invalid_request", "type")]
    [InlineData("""{"type":null,"data":{"quantity":1}}""", "invalid_request", "type")]
    [InlineData("""["type"]""", "invalid_request", "")]
    [InlineData("""{"type":"usage.participant_minutes","data":{"quantity":"many"}}""", "invalid_event", "data.quantity")]
    [InlineData("""{"type":"usage.participant_minutes"}""", "invalid_event", "data.quantity")]
    public async Task What_is_wrong_with_a_body_is_named(string body, string code, string field)
    {
        await using TestGrid grid = await TestGrid.StartAsync();
        await grid.AddCustomerAsync("c1", "media-free");
        Assert.Equal([field], (await grid.Operator.PostJsonAsync(Path, body)).ExpectProblem(400, code).Fields);
    }

    [Theory]
    [InlineData("""{"type":"TOKEN_USAGE","data":{"provider":"P","model":"m","input_tokens":1,"output_tokens":2}}""", true)]
    [InlineData("""{"data":{"provider":"P","model":"m","input_tokens":1},"type":"TOKEN_USAGE"}""", true)]
    [InlineData("""{"type":"nothing.counts.it"}""", true)]
    [InlineData("""{"type":"TOKEN_USAGE","data":{"provider":"P","model":"m","input_tokens":1,"list":[]}}""", false)]
    [InlineData("""{"type":"TOKEN_USAGE","data":{"provider":"P","model":"\u006d","input_tokens":1}}""", false)]
    [InlineData("""{"type":"TOKEN_USAGE","subject":"c2","data":{"provider":"P","model":"m","input_tokens":1}}""", false)]
    [InlineData("""{"type":"TOKEN_USAGE","data":{"provider":"P"}}""", false)]
    [InlineData("""{"data":{"input_tokens":1}}""", false)]
    [InlineData("", false)]
    public void Only_the_plain_form_is_read_without_care(string body, bool isPlain)
    {
        using EventBatch batch = EventTexts.Fill(Encoding.UTF8.GetBytes(body), out TextSlice slice);
        Assert.Equal(isPlain, EventReader.TryReadCheck(batch, slice, EventTexts.Shipped));
    }
}
