using System.Text.Json;
using System.Text.RegularExpressions;
using Metering.Api.Tests.Support;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace Metering.Api.Tests.OpenApi;

public sealed class OpenApiTests
{
    [Fact]
    public async Task Every_mapped_route_is_in_the_document()
    {
        await using TestGrid grid = await TestGrid.StartAsync();
        JsonElement paths = (await grid.Host.Anybody.GetJsonAsync("/openapi/v1.json")).Expect(200).Json.GetProperty("paths");
        int routes = 0;
        foreach (RouteEndpoint endpoint in grid.Host.Services.GetServices<EndpointDataSource>().SelectMany(source => source.Endpoints)
            .OfType<RouteEndpoint>())
        {
            string path = Normalize(endpoint.RoutePattern.RawText!);
            if (path.StartsWith("/openapi/", StringComparison.Ordinal))
                continue;
            foreach (string method in endpoint.Metadata.GetMetadata<HttpMethodMetadata>()!.HttpMethods)
            {
                routes++;
                Assert.True(
                    paths.TryGetProperty(path, out JsonElement item) && item.TryGetProperty(method.ToLowerInvariant(), out _),
                    $"{method} {path} is not in the document.");
            }
        }

        Assert.True(routes >= 40, $"Only {routes} routes were found.");
    }

    [Fact]
    public async Task Every_operation_has_a_summary_answers_and_says_who_may_call_it()
    {
        await using TestGrid grid = await TestGrid.StartAsync();
        JsonElement document = (await grid.Host.Anybody.GetJsonAsync("/openapi/v1.json")).Expect(200).Json;
        string[] open = ["/health", "/ready", "/metrics", "/v1/webhooks/stripe"];
        foreach (JsonProperty path in document.GetProperty("paths").EnumerateObject())
        {
            foreach (JsonProperty operation in path.Value.EnumerateObject())
            {
                string name = $"{operation.Name} {path.Name}";
                Assert.True(operation.Value.TryGetProperty("summary", out JsonElement summary) && summary.GetString()!.Length > 10, name);
                Assert.True(operation.Value.GetProperty("responses").EnumerateObject().Any(answer => answer.Name[0] == '2'), name);
                Assert.True(operation.Value.TryGetProperty("security", out _) != open.Contains(path.Name), name);
                foreach (JsonElement parameter in operation.Value.TryGetProperty("parameters", out JsonElement all) ? all.EnumerateArray()
                    : default)
                    Assert.True(parameter.TryGetProperty("description", out _), $"{name}: {parameter}");
            }
        }
    }

    [Fact]
    public async Task References_lead_somewhere()
    {
        await using TestGrid grid = await TestGrid.StartAsync();
        Reply reply = (await grid.Host.Anybody.GetJsonAsync("/openapi/v1.json")).Expect(200);
        JsonElement schemas = reply.Json.GetProperty("components").GetProperty("schemas");
        string[] references = [.. Regex.Matches(reply.Text, "\"\\$ref\": *\"#/components/schemas/([^\"]+)\"")
            .Select(match => match.Groups[1].Value).Distinct()];
        Assert.NotEmpty(references);
        Assert.All(references, name => Assert.True(schemas.TryGetProperty(name, out _), name));
        Assert.StartsWith("3.", reply["openapi"], StringComparison.Ordinal);
    }

    [Fact]
    public async Task Amounts_are_strings_where_credits_are_meant_and_numbers_under_usage()
    {
        await using TestGrid grid = await TestGrid.StartAsync();
        JsonElement schemas = (await grid.Host.Anybody.GetJsonAsync("/openapi/v1.json")).Expect(200).Json.GetProperty("components")
            .GetProperty("schemas");
        Assert.Equal("string", Type(schemas, "WalletAnswer", "available"));
        Assert.Equal("number", Type(schemas, "OverageAnswer", "overage_calls"));
        Assert.Equal("string", Type(schemas, "CustomerAnswer", "created_at"));
    }

    private static string Type(JsonElement schemas, string schema, string property)
    {
        JsonElement found = schemas.GetProperty(schema).GetProperty("properties").GetProperty(property);
        if (found.TryGetProperty("$ref", out JsonElement reference))
            found = schemas.GetProperty(reference.GetString()!.Split('/')[^1]);
        return found.GetProperty("type").GetString()!;
    }

    private static string Normalize(string pattern) => "/" + Regex.Replace(pattern, "\\{([a-zA-Z_]+)[^}]*\\}", "{$1}").Trim('/');
}
