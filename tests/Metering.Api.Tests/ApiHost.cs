using System.Net.Http.Headers;
using System.Text;
using Metering.Api.Access;
using Metering.Api.Hosting;
using Metering.Api.Tests.Events;
using Metering.Core.Catalog;
using Metering.Core.Time;
using Metering.Grid;
using Metering.Grid.Directory;
using Metering.TestSupport.Memory;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Metering.Api.Tests;

/// <summary>The API on a free port of this machine, over a directory in memory and an engine that says what the test wants.</summary>
internal sealed class ApiHost : IAsyncDisposable
{
    private WebApplication app = null!;

    private ApiHost(MeteringApiOptions options) => Options = options;

    public MeteringApiOptions Options { get; }

    public MemoryDirectoryStore Store { get; } = new();

    public ManualTime Time { get; } = new(new DateTimeOffset(2025, 1, 17, 14, 30, 0, TimeSpan.Zero));

    public CachedDirectory Directory { get; private set; } = null!;

    public RecordingEngine Engine { get; private set; } = null!;

    public Uri Address { get; private set; } = null!;

    public HttpClient Client { get; private set; } = null!;

    public KeySecret OperatorKey { get; } = KeySecret.Create();

    /// <summary>The key of customer c1, with every scope.</summary>
    public KeySecret CustomerKey { get; } = KeySecret.Create();

    /// <summary>A key of customer c1 that may only read.</summary>
    public KeySecret ReadKey { get; } = KeySecret.Create(live: false);

    public static async Task<ApiHost> StartAsync(Action<MeteringApiOptions>? configure = null, Action<WebApplication>? map = null)
    {
        var options = new MeteringApiOptions();
        configure?.Invoke(options);
        var host = new ApiHost(options);
        await host.FillAsync();
        host.Directory = await CachedDirectory.OpenAsync(host.Store, new CachedDirectoryOptions(), host.Time, CancellationToken.None);
        host.Engine = new RecordingEngine(host.Directory, host.Store, host.Time);
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Logging.ClearProviders();
        builder.Services.AddSingleton<TimeProvider>(host.Time);
        builder.Services.AddSingleton<IMeteringEngine>(host.Engine);
        builder.Services.AddMeteringApi(options);
        host.app = builder.Build();
        host.app.MapMeteringApi();
        map?.Invoke(host.app);
        await host.app.StartAsync();
        host.Address = new Uri(host.app.Urls.First());
        host.Client = new HttpClient { BaseAddress = host.Address };
        return host;
    }

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        await app.StopAsync();
        await app.DisposeAsync();
        await Directory.DisposeAsync();
    }

    public Task<HttpResponseMessage> PostAsync(
        string path, string body, KeySecret? key = null, string contentType = "application/json",
        params (string Name, string Value)[] headers)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = new StringContent(body, Encoding.UTF8) };
        request.Content.Headers.ContentType = MediaTypeHeaderValue.Parse(contentType);
        if (key is not null)
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", key.Text);
        foreach ((string name, string value) in headers)
            request.Headers.TryAddWithoutValidation(name, value);
        return Client.SendAsync(request);
    }

    private async Task FillAsync()
    {
        foreach (Meter meter in EventTexts.Record.Meters)
            await Store.PutMeterAsync(meter, CancellationToken.None);
        foreach (Plan plan in EventTexts.Record.Plans)
            await Store.PutPlanAsync(plan, CancellationToken.None);
        await Store.AddCustomerAsync("c1", "llm-prepaid");
        await Store.AddCustomerAsync("c2", "llm-prepaid");
        await Store.AddProjectAsync(new ProjectRecord("p1", "c1", "One", "llm-prepaid", 1, Instant.UnixEpoch, 0), CancellationToken.None);
        await AddKeyAsync("op", OperatorKey, null, KeyScopes.None);
        await AddKeyAsync("k1", CustomerKey, "c1", KeyScopes.Ingest | KeyScopes.Read | KeyScopes.Wallet | KeyScopes.Billing);
        await AddKeyAsync("k2", ReadKey, "c1", KeyScopes.Read);
    }

    private async Task AddKeyAsync(string id, KeySecret secret, string? customer, KeyScopes scopes) => Assert.True(await Store.AddKeyAsync(
        new KeyRecord(id, secret.Sha256, secret.Prefix, customer, id, scopes, Instant.UnixEpoch, null, 0), CancellationToken.None));
}
