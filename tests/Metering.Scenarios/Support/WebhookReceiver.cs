using System.Collections.Concurrent;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Metering.Scenarios.Support;

/// <summary>What a receiver of webhooks got.</summary>
internal sealed record Hook(string EventId, string Signature, byte[] Body);

/// <summary>A receiver of webhooks on a free port of this machine.</summary>
internal sealed class WebhookReceiver : IAsyncDisposable
{
    private readonly WebApplication app;

    private WebhookReceiver(WebApplication app) => this.app = app;

    public ConcurrentQueue<Hook> Hooks { get; } = new();

    /// <summary>What it answers.</summary>
    public int Status { get; set; } = 200;

    public string Url => app.Urls.First() + "/hook";

    public static async Task<WebhookReceiver> StartAsync()
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Logging.ClearProviders();
        WebApplication app = builder.Build();
        var receiver = new WebhookReceiver(app);
        app.MapPost("/hook", receiver.TakeAsync);
        await app.StartAsync();
        return receiver;
    }

    public async ValueTask DisposeAsync() => await app.DisposeAsync();

    private async Task TakeAsync(HttpContext context)
    {
        using var body = new MemoryStream();
        await context.Request.Body.CopyToAsync(body);
        Hooks.Enqueue(new Hook(
            context.Request.Headers["Metering-Event-Id"].ToString(), context.Request.Headers["Metering-Signature"].ToString(),
            body.ToArray()));
        context.Response.StatusCode = Status;
    }
}
