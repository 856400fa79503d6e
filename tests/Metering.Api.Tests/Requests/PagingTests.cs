using System.Text.Json;
using Metering.Api.Tests.Support;

namespace Metering.Api.Tests.Requests;

public sealed class PagingTests
{
    [Theory]
    [InlineData("/v1/meters")]
    [InlineData("/v1/plans")]
    [InlineData("/v1/taxes")]
    [InlineData("/v1/coupons")]
    [InlineData("/v1/exchange_rates")]
    [InlineData("/v1/customers/c1/projects")]
    [InlineData("/v1/customers/c1/keys")]
    public async Task Lists_that_are_at_hand_as_a_whole_are_paged_like_all_others(string path)
    {
        await using TestGrid grid = await TestGrid.StartAsync();
        await FillAsync(grid);
        string[] all = await RowsAsync(grid, path, "");
        Assert.True(all.Length >= 2, $"{path} has {all.Length} rows.");

        var paged = new List<string>();
        string? cursor = null;
        do
        {
            Reply page = (await grid.Operator.GetJsonAsync(
                $"{path}?limit=1{(cursor is null ? "" : $"&cursor={Uri.EscapeDataString(cursor)}")}")).Expect(200);
            paged.Add(Assert.Single(page.Json.GetProperty("data").EnumerateArray()).GetRawText());
            cursor = page.Json.GetProperty("next_cursor").GetString();
        }
        while (cursor is not null);

        Assert.Equal(all, paged);
        Assert.Equal(["limit", "cursor"], (await grid.Operator.GetJsonAsync($"{path}?limit=1001&cursor=%3F"))
            .ExpectProblem(400, "invalid_request").Fields);
    }

    private static async Task<string[]> RowsAsync(TestGrid grid, string path, string query) =>
        [.. (await grid.Operator.GetJsonAsync(path + query)).Expect(200).Json.GetProperty("data").EnumerateArray()
            .Select(static (JsonElement row) => row.GetRawText())];

    private static async Task FillAsync(TestGrid grid)
    {
        await grid.AddCustomerAsync("c1", "api-free");
        (await grid.Operator.PostJsonAsync("/v1/customers/c1/projects", """{"name":"Two"}""")).Expect(201);
        foreach (int number in new[] { 1, 2 })
        {
            (await grid.Operator.PostJsonAsync("/v1/customers/c1/keys", """{"name":"k","scopes":["read"]}""")).Expect(201);
            (await grid.Operator.PutJsonAsync(
                $"/v1/taxes/t{number}", $$"""{"name":"T","percent":"{{number}}","country":"DE"}""")).Expect(201);
            (await grid.Operator.PutJsonAsync(
                $"/v1/coupons/c{number}", """{"name":"C","percent":"10","duration":"once"}""")).Expect(201);
            (await grid.Operator.PutJsonAsync(
                "/v1/exchange_rates", $$"""{"from":"EUR","to":"USD","rate":"1.1","valid_from":"2025-01-0{{number}}"}""")).Expect(201);
        }
    }
}
