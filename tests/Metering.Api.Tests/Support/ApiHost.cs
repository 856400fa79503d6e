using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Metering.Api.Access;
using Metering.Api.Hosting;
using Metering.Core.Time;
using Metering.Grid;
using Metering.Grid.Directory;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Metering.Api.Tests.Support;

/// <summary>The API over Kestrel on a free port of this machine, in front of any engine, with an operator's client.</summary>
internal sealed class ApiHost : IAsyncDisposable
{
    private readonly WebApplication app;
    private readonly Uri address;
    private readonly IMeteringEngine engine;

    private ApiHost(WebApplication app, IMeteringEngine engine, string operatorSecret)
    {
        this.app = app;
        this.engine = engine;
        address = new Uri(app.Urls.First());
        Operator = ClientOf(operatorSecret);
        Anybody = ClientOf(null);
    }

    /// <summary>Sends the operator's key.</summary>
    public HttpClient Operator { get; }

    /// <summary>Sends no key.</summary>
    public HttpClient Anybody { get; }

    public IServiceProvider Services => app.Services;

    /// <summary>Starts the API; the engine's directory gets an operator's key.</summary>
    public static async Task<ApiHost> StartAsync(IMeteringEngine engine, TimeProvider time, MeteringApiOptions? options = null)
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Services.AddSingleton(time);
        builder.Services.AddSingleton(engine);
        builder.Services.AddMeteringApi(options ?? new MeteringApiOptions());
        WebApplication app = builder.Build();
        app.MapMeteringApi();
        await app.StartAsync();

        var secret = KeySecret.Create();
        await AddKeyAsync(engine, secret, null, KeyScopes.None);
        return new ApiHost(app, engine, secret.Text);
    }

    /// <summary>A client with a new key of a customer.</summary>
    public async Task<HttpClient> CustomerAsync(string customerId, KeyScopes scopes)
    {
        var secret = KeySecret.Create();
        await AddKeyAsync(engine, secret, customerId, scopes);
        return ClientOf(secret.Text);
    }

    /// <summary>A client with a key that somebody chose; without one for null.</summary>
    public HttpClient ClientOf(string? secret)
    {
        var client = new HttpClient { BaseAddress = address };
        if (secret is not null)
            client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", secret);
        return client;
    }

    public async ValueTask DisposeAsync()
    {
        Operator.Dispose();
        Anybody.Dispose();
        await app.DisposeAsync();
    }

    private static async Task AddKeyAsync(IMeteringEngine engine, KeySecret secret, string? customerId, KeyScopes scopes)
    {
        var key = new KeyRecord($"key_{Guid.NewGuid():N}", secret.Sha256, secret.Prefix, customerId, "test", scopes, Instant.UnixEpoch,
            null, 0);
        Assert.True(await engine.DirectoryStore.AddKeyAsync(key, CancellationToken.None));
        await engine.Directory.RefreshAsync(CancellationToken.None);
    }
}

/// <summary>Requests and answers as JSON text.</summary>
internal static class HttpJson
{
    public static Task<Reply> GetJsonAsync(this HttpClient client, string path) =>
        SendAsync(client, new HttpRequestMessage(HttpMethod.Get, path));

    public static Task<Reply> DeleteJsonAsync(this HttpClient client, string path) =>
        SendAsync(client, new HttpRequestMessage(HttpMethod.Delete, path));

    public static Task<Reply> PostJsonAsync(this HttpClient client, string path, string body, string? idempotencyKey = null)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = Content(body) };
        if (idempotencyKey is not null)
            request.Headers.TryAddWithoutValidation("Idempotency-Key", idempotencyKey);
        return SendAsync(client, request);
    }

    public static Task<Reply> PutJsonAsync(this HttpClient client, string path, string body) =>
        SendAsync(client, new HttpRequestMessage(HttpMethod.Put, path) { Content = Content(body) });

    public static Task<Reply> PatchJsonAsync(this HttpClient client, string path, string body) =>
        SendAsync(client, new HttpRequestMessage(HttpMethod.Patch, path) { Content = Content(body) });

    private static StringContent Content(string body) => new(body, Encoding.UTF8, "application/json");

    private static async Task<Reply> SendAsync(HttpClient client, HttpRequestMessage request)
    {
        using HttpResponseMessage response = await client.SendAsync(request);
        return new Reply((int)response.StatusCode, response.Content.Headers.ContentType?.ToString(), response.Headers,
            await response.Content.ReadAsStringAsync());
    }
}

/// <summary>An answer.</summary>
internal sealed record Reply(int Status, string? ContentType, HttpResponseHeaders Headers, string Text)
{
    /// <summary>The body as JSON.</summary>
    public JsonElement Json => JsonElement.Parse(Text);

    /// <summary>A member as it stands in the text, strings without quotes.</summary>
    public string this[string member] => Json.GetProperty(member).ToString();

    /// <summary>The body, after the status was as expected; the failure shows it.</summary>
    public Reply Expect(int status)
    {
        Assert.True(Status == status, $"Expected {status}, got {Status}: {Text}");
        return this;
    }

    /// <summary>A problem of this code.</summary>
    public Reply ExpectProblem(int status, string code)
    {
        Expect(status);
        Assert.Equal("application/problem+json", ContentType);
        Assert.Equal(code, this["code"]);
        Assert.Equal(status, Json.GetProperty("status").GetInt32());
        return this;
    }

    /// <summary>The fields of a problem's errors, in order.</summary>
    public string[] Fields => [.. Json.GetProperty("errors").EnumerateArray().Select(error => error.GetProperty("field").GetString()!)];
}
