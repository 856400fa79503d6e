using System.Text.Json;

namespace Metering.Api.Tests;

internal static class Json
{
    public static async Task<JsonElement> ReadAsync(HttpResponseMessage response)
    {
        using JsonDocument document = JsonDocument.Parse(await response.Content.ReadAsStreamAsync());
        return document.RootElement.Clone();
    }

    public static string Text(this JsonElement element, string name) => element.GetProperty(name).GetString()!;

    public static int Number(this JsonElement element, string name) => element.GetProperty(name).GetInt32();

    /// <summary>Asserts a problem of a code, and that its media type and members are what every problem has.</summary>
    public static async Task<JsonElement> ProblemAsync(HttpResponseMessage response, string code)
    {
        JsonElement problem = await ReadAsync(response);
        Assert.Equal(code, problem.Text("code"));
        Assert.Equal("application/problem+json", response.Content.Headers.ContentType!.MediaType);
        Assert.Equal((int)response.StatusCode, problem.Number("status"));
        Assert.Equal(Metering.Api.Problems.ProblemCodes.Find(code).Status, (int)response.StatusCode);
        Assert.NotEqual("", problem.Text("title"));
        Assert.NotEqual("", problem.Text("detail"));
        Assert.Equal("about:blank", problem.Text("type"));
        return problem;
    }
}
