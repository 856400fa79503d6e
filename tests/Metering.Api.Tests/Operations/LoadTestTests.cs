using Metering.Api.Tests.Support;
using Metering.Core.Wallets;
using Metering.Grid;
using Metering.Grid.Directory;

namespace Metering.Api.Tests.Operations;

public sealed class LoadTestTests
{
    [Fact]
    public async Task Events_go_through_the_engine_for_a_scratch_customer_that_is_suspended_afterwards()
    {
        await using TestGrid grid = await TestGrid.StartAsync(TimeProvider.System);
        Reply reply = (await grid.Operator.PostJsonAsync("/api/v1/test/load", """{"events":2505,"duration":1}""")).Expect(200);
        Assert.Equal(("2505", "2505", "0"), (reply["sent"], reply["accepted"], reply["refused"]));
        Assert.Equal(2505, grid.Engine.Status.EventsAccepted);
        Assert.True(reply.Json.GetProperty("events_per_second").GetDouble() > 0);
        Assert.Equal(CustomerStatus.Suspended, grid.Engine.FakeWallet(reply["customer_id"]).Status);
        Assert.Equal("2505", Assert.IsType<GrantCredits>(grid.Engine.FakeWallet(reply["customer_id"]).Decided[0]).Amount.ToString());
    }

    [Fact]
    public async Task What_a_full_process_refuses_is_counted()
    {
        await using TestGrid grid = await TestGrid.StartAsync(TimeProvider.System);
        grid.Engine.IngestFailure = new OverloadedException("full");
        Reply reply = (await grid.Operator.PostJsonAsync("/api/v1/test/load", """{"events":300,"duration":1}""")).Expect(200);
        Assert.Equal(("300", "0", "300"), (reply["sent"], reply["accepted"], reply["refused"]));
    }

    [Theory]
    [InlineData("""{"events":100001}""", "events")]
    [InlineData("""{"events":0}""", "events")]
    [InlineData("""{"duration":5}""", "events")]
    [InlineData("""{"events":1,"duration":31}""", "duration")]
    public async Task It_is_bounded(string body, string field)
    {
        await using TestGrid grid = await TestGrid.StartAsync();
        Assert.Equal([field], (await grid.Operator.PostJsonAsync("/api/v1/test/load", body)).ExpectProblem(400, "invalid_request").Fields);
    }
}
