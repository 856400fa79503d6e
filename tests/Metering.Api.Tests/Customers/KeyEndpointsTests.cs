using System.Security.Cryptography;
using System.Text;
using Metering.Api.Tests.Support;
using Metering.Grid.Directory;

namespace Metering.Api.Tests.Customers;

public sealed class KeyEndpointsTests
{
    [Fact]
    public async Task A_secret_is_shown_once_and_signs_its_customer_in()
    {
        await using TestGrid grid = await TestGrid.StartAsync();
        await grid.AddCustomerAsync("c1", "api-free");
        Reply made = (await grid.Operator.PostJsonAsync("/v1/customers/c1/keys", """{"name":"app","scopes":["read","ingest"]}"""))
            .Expect(201);
        Assert.StartsWith("mk_live_", made["secret"], StringComparison.Ordinal);
        using HttpClient client = grid.Host.ClientOf(made["secret"]);
        Reply list = (await client.GetJsonAsync("/v1/customers/c1/keys")).Expect(200);
        Assert.DoesNotContain(made["secret"], list.Text, StringComparison.Ordinal);
        Assert.Equal(made["prefix"], list.Json.GetProperty("data")[0].GetProperty("prefix").GetString());
        Assert.Equal(["ingest", "read"], list.Json.GetProperty("data")[0].GetProperty("scopes").EnumerateArray()
            .Select(scope => scope.GetString()));
    }

    [Fact]
    public async Task A_key_given_as_a_hash_has_no_secret_in_the_answer()
    {
        await using TestGrid grid = await TestGrid.StartAsync();
        await grid.AddCustomerAsync("c1", "api-free");
        string hash = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes("my own secret")));
        string body = $$"""{"name":"own","scopes":["read"],"sha256":"{{hash}}"}""";
        Assert.Equal("", (await grid.Operator.PostJsonAsync("/v1/customers/c1/keys", body)).Expect(201)["secret"]);
        (await grid.Operator.PostJsonAsync("/v1/customers/c1/keys", body)).ExpectProblem(409, "key_exists");
        using HttpClient client = grid.Host.ClientOf("my own secret");
        (await client.GetJsonAsync("/v1/customers/c1")).Expect(200);
    }

    [Fact]
    public async Task Rotation_makes_a_new_key_and_revokes_the_old_at_once()
    {
        await using TestGrid grid = await TestGrid.StartAsync();
        await grid.AddCustomerAsync("c1", "api-free");
        Reply old = (await grid.Operator.PostJsonAsync("/v1/customers/c1/keys", """{"name":"app","scopes":["read"]}""")).Expect(201);
        Reply fresh = (await grid.Operator.PostJsonAsync($"/v1/keys/{old["id"]}/rotate", "")).Expect(201);
        using HttpClient before = grid.Host.ClientOf(old["secret"]);
        using HttpClient after = grid.Host.ClientOf(fresh["secret"]);
        (await before.GetJsonAsync("/v1/customers/c1")).ExpectProblem(401, "unauthorized");
        (await after.GetJsonAsync("/v1/customers/c1")).Expect(200);
        (await grid.Operator.PostJsonAsync($"/v1/keys/{old["id"]}/rotate", "")).ExpectProblem(409, "key_revoked");
        (await grid.Operator.DeleteJsonAsync($"/v1/keys/{fresh["id"]}")).Expect(204);
        (await grid.Operator.DeleteJsonAsync($"/v1/keys/{fresh["id"]}")).Expect(204);
        (await after.GetJsonAsync("/v1/customers/c1")).ExpectProblem(401, "unauthorized");
        (await grid.Operator.DeleteJsonAsync("/v1/keys/none")).ExpectProblem(404, "key_not_found");
    }

    [Fact]
    public async Task The_operators_last_key_is_not_revoked()
    {
        await using TestGrid grid = await TestGrid.StartAsync();
        KeyRecord key = Assert.Single(await grid.Engine.Control.ListKeysAsync(null, CancellationToken.None));
        (await grid.Operator.DeleteJsonAsync($"/v1/keys/{key.Id}")).ExpectProblem(409, "last_operator_key");
        (await grid.Operator.GetJsonAsync("/v1/customers")).Expect(200);
    }

    [Fact]
    public async Task Every_fault_of_a_key_is_named_at_once()
    {
        await using TestGrid grid = await TestGrid.StartAsync();
        await grid.AddCustomerAsync("c1", "api-free");
        Reply reply = await grid.Operator.PostJsonAsync("/v1/customers/c1/keys", """{"scopes":["read","root"],"sha256":"abc","x":1}""");
        Assert.Equal(["name", "scopes[1]", "sha256", "x"], reply.ExpectProblem(400, "invalid_request").Fields);
        Assert.Equal(
            ["scopes"], (await grid.Operator.PostJsonAsync("/v1/customers/c1/keys", """{"name":"n","scopes":[]}"""))
                .ExpectProblem(400, "invalid_request").Fields);
    }
}
