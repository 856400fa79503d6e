using Metering.Api.Tests.Support;

namespace Metering.Api.Tests.Requests;

/// <summary>Ids may have slashes: a path names exactly the id that was encoded in it.</summary>
public sealed class EncodedSlashTests
{
    [Theory]
    [InlineData("a/b")]
    [InlineData("a%2Fb")]
    [InlineData("a%2fb")]
    [InlineData("/")]
    [InlineData("a/é b?#c")]
    [InlineData("x//y")]
    public async Task A_customer_is_found_by_its_encoded_id_and_no_other_is(string id)
    {
        await using TestGrid grid = await TestGrid.StartAsync();
        await AddAsync(grid, "other");
        foreach (string each in new[] { "a/b", "a%2Fb", "a%2fb", "/", "a/é b?#c", "x//y" })
            await AddAsync(grid, each);
        string path = $"/v1/wallets/{Uri.EscapeDataString(id)}";
        (await grid.Operator.PostJsonAsync($"{path}/grants", """{"amount":"7","kind":"paid"}""")).Expect(201);
        Reply wallet = (await grid.Operator.GetJsonAsync(path)).Expect(200);
        Assert.Equal((id, "7"), (wallet["customer_id"], wallet["available"]));
        Assert.Equal("7", (await grid.Operator.GetJsonAsync($"{path}/?x=1")).Expect(200)["available"]);
        Assert.Equal(id, (await grid.Operator.GetJsonAsync($"/v1/customers/{Uri.EscapeDataString(id)}")).Expect(200)["id"]);
        Assert.Equal("0", (await grid.Operator.GetJsonAsync("/v1/wallets/other")).Expect(200)["available"]);
    }

    [Fact]
    public async Task A_hold_is_found_by_its_encoded_id()
    {
        await using TestGrid grid = await TestGrid.StartAsync();
        await AddAsync(grid, "c/1");
        (await grid.Operator.PostJsonAsync("/v1/wallets/c%2F1/grants", """{"amount":"7","kind":"paid"}""")).Expect(201);
        Reply hold = (await grid.Operator.PostJsonAsync("/v1/wallets/c%2F1/holds", """{"amount":"5","ttl_seconds":60,"id":"h/1"}"""))
            .Expect(201);
        Assert.Equal("/v1/wallets/c%2F1/holds/h%2F1", hold.Headers.Location!.ToString());
        Assert.Equal("5", (await grid.Operator.GetJsonAsync(hold.Headers.Location.ToString())).Expect(200)["remaining"]);
        Assert.Equal("released", (await grid.Operator.PostJsonAsync("/v1/wallets/c%2f1/holds/h%2f1/release", "")).Expect(200)["state"]);
    }

    [Theory]
    [InlineData(".")]
    [InlineData("..")]
    public async Task An_id_that_no_path_can_name_is_refused(string id)
    {
        await using TestGrid grid = await TestGrid.StartAsync();
        Reply reply = await grid.Operator.PostJsonAsync(
            "/v1/customers", $$"""{"id":"{{id}}","name":"N","email":"n@example.com","plan":"llm-prepaid"}""");
        Assert.Equal(["id"], reply.ExpectProblem(400, "invalid_request").Fields);
    }

    private static async Task AddAsync(TestGrid grid, string id) => (await grid.Operator.PostJsonAsync(
        "/v1/customers", $$"""{"id":"{{id}}","name":"N","email":"n@example.com","plan":"llm-prepaid"}""")).Expect(201);
}
