using System.Net;
using System.Net.Http.Headers;
using System.Text;
using Metering.Api.Tests.Support;

namespace Metering.Api.Tests.Requests;

public sealed class RequestBodyTests
{
    private const string Grant = """{"amount":"1","kind":"paid","reason":"x"}""";

    [Theory]
    [InlineData("""{"amount":"1","kind":"paid","reason":"\ud800"}""")]
    [InlineData("""{"amount":"\udc00","kind":"paid"}""")]
    [InlineData("""{"amount":"1","kind":"paid","\ud800":"x"}""")]
    [InlineData("""{"amount":"1","kind":"paid","expires_at":"\ud800\ud800"}""")]
    [InlineData("""{"amount":"1","kind":["\ud800"]}""")]
    public async Task Half_a_character_is_the_callers_fault(string body)
    {
        await using TestGrid grid = await FundedAsync();
        Reply reply = await grid.Operator.PostJsonAsync("/v1/wallets/c1/grants", body);
        Assert.Equal([""], reply.ExpectProblem(400, "invalid_request").Fields);
        Assert.Contains("not valid Unicode", reply.Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("/v1/wallets/c1/grants", "{\"amount\":\"1\",\"kind\":\"paid\",\"reason\":\"ÿ\"}")]
    [InlineData("/v1/wallets/c1/grants", "{\"amount\":\"1\",\"kind\":\"paid\",\"ÿ\":1}")]
    [InlineData("/v1/usage/c1/check-limits", "{\"type\":\"ÿ\"}")]
    public async Task Bytes_that_are_no_utf8_are_the_callers_fault(string path, string latin1)
    {
        await using TestGrid grid = await FundedAsync();
        using var content = new ByteArrayContent(Encoding.Latin1.GetBytes(latin1));
        content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        using HttpResponseMessage response = await grid.Operator.PostAsync(path, content);
        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        Assert.Contains("\"invalid_request\"", await response.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("/v1/wallets/c1/grants", "gzip", 415)]
    [InlineData("/v1/events", "gzip", 415)]
    [InlineData("/v1/events", "br", 415)]
    [InlineData("/v1/wallets/c1/grants", "identity", 201)]
    public async Task A_body_that_is_encoded_is_refused_by_that_name(string path, string encoding, int status)
    {
        await using TestGrid grid = await FundedAsync();
        using var content = new StringContent(Grant, Encoding.UTF8, "application/json");
        content.Headers.ContentEncoding.Add(encoding);
        using HttpResponseMessage response = await grid.Operator.PostAsync(path, content);
        Assert.Equal(status, (int)response.StatusCode);
        if (status == 415)
            Assert.Contains("Content-Encoding", await response.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("/health", 200)]
    [InlineData("/v1/customers/c1", 200)]
    [InlineData("/v1/customers/nobody", 404)]
    [InlineData("/v1/events", 405)]
    public async Task Head_is_answered_like_get_without_a_body(string path, int status)
    {
        await using TestGrid grid = await FundedAsync();
        using var request = new HttpRequestMessage(HttpMethod.Head, path);
        using HttpResponseMessage response = await grid.Operator.SendAsync(request);
        Assert.Equal(status, (int)response.StatusCode);
        Assert.Empty(await response.Content.ReadAsByteArrayAsync());
        using var next = await grid.Operator.GetAsync("/health");
        Assert.Equal(HttpStatusCode.OK, next.StatusCode);
    }

    private static async Task<TestGrid> FundedAsync()
    {
        TestGrid grid = await TestGrid.StartAsync();
        await grid.AddCustomerAsync("c1", "llm-prepaid");
        return grid;
    }
}
