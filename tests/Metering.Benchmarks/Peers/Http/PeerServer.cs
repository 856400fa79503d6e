using System.Buffers;
using System.Globalization;
using System.IO.Pipelines;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Metering.Benchmarks.Peers.Http;

/// <summary>
/// A peer behind HTTP: Kestrel with one handler and no middleware, <c>POST /v1/events</c>, and for the harness <c>GET /count</c>,
/// <c>GET /waiting</c>, <c>GET /sum</c> and <c>GET /debited</c>.
/// </summary>
internal sealed class PeerServer : IAsyncDisposable
{
    private const int BodyMaxBytes = 8 * 1024 * 1024;
    private const int TypicalEventBytes = 200;

    private readonly IPeer _peer;
    private readonly PeerRequestReader _reader;
    private readonly WebApplication _app;

    private PeerServer(IPeer peer, PeerContext context)
    {
        _peer = peer;
        _reader = new PeerRequestReader(context.Customers);
        WebApplicationBuilder builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().UseUrls("http://127.0.0.1:0").ConfigureKestrel(server =>
        {
            server.AddServerHeader = false;
            server.Limits.MaxRequestBodySize = BodyMaxBytes;
        });
        builder.Logging.ClearProviders();
        _app = builder.Build();
        _app.Run(HandleAsync);
    }

    public Uri Address { get; private set; } = null!;

    public static async Task<PeerServer> StartAsync(IPeer peer, PeerContext context, CancellationToken cancellationToken)
    {
        var server = new PeerServer(peer, context);
        await server._app.StartAsync(cancellationToken);
        IServerAddressesFeature? addresses = server._app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>();
        server.Address = new Uri(addresses!.Addresses.Single());
        return server;
    }

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    private Task HandleAsync(HttpContext context) => (context.Request.Method, context.Request.Path.Value) switch
    {
        ("POST", "/v1/events") => TakeAsync(context),
        ("GET", "/count") => NumberAsync(context, _peer.CountAsync()),
        ("GET", "/waiting") => NumberAsync(context, _peer.WaitingAsync()),
        ("GET", "/sum") => NumberAsync(context, _peer.SumDebitedAsync()),
        ("GET", "/debited") => DebitedAsync(context),
        _ => NotFound(context),
    };

    private async Task TakeAsync(HttpContext context)
    {
        byte[] body = ArrayPool<byte>.Shared.Rent((int)Math.Min(context.Request.ContentLength ?? 4096, BodyMaxBytes));
        PeerEvent[] events = ArrayPool<PeerEvent>.Shared.Rent((int)(context.Request.ContentLength ?? 0) / TypicalEventBytes + 1);
        try
        {
            int length = 0;
            while (true)
            {
                ReadResult read = await context.Request.BodyReader.ReadAsync();
                int total = length + (int)read.Buffer.Length;
                if (total > body.Length)
                    Grow(ref body, length, total);
                read.Buffer.CopyTo(body.AsSpan(length));
                length = total;
                context.Request.BodyReader.AdvanceTo(read.Buffer.End);
                if (read.IsCompleted)
                    break;
            }

            int count = _reader.Read(body.AsSpan(0, length), Now(), ref events);
            PeerAnswer answer = await _peer.ApplyAsync(events.AsMemory(0, count));
            context.Response.StatusCode = answer.Refused > 0 ? StatusCodes.Status402PaymentRequired
                : _peer.AnswersBeforeDebit ? StatusCodes.Status202Accepted
                : StatusCodes.Status204NoContent;
        }
        catch (Exception bad) when (bad is JsonException or OverflowException)
        {
            context.Response.StatusCode = StatusCodes.Status400BadRequest;
        }
        catch (UnknownCustomerException)
        {
            context.Response.StatusCode = StatusCodes.Status404NotFound;
        }
        finally
        {
            ArrayPool<PeerEvent>.Shared.Return(events);
            ArrayPool<byte>.Shared.Return(body);
        }
    }

    private static void Grow(ref byte[] body, int kept, int needed)
    {
        byte[] larger = ArrayPool<byte>.Shared.Rent(Math.Max(needed, body.Length * 2));
        body.AsSpan(0, kept).CopyTo(larger);
        ArrayPool<byte>.Shared.Return(body);
        body = larger;
    }

    private static long Now() => (DateTime.UtcNow.Ticks - DateTime.UnixEpoch.Ticks) / TimeSpan.TicksPerMicrosecond;

    private static async Task NumberAsync(HttpContext context, Task<long> number)
    {
        try
        {
            await context.Response.WriteAsync((await number).ToString(CultureInfo.InvariantCulture));
        }
        catch (InvalidDataException differs)
        {
            context.Response.StatusCode = StatusCodes.Status500InternalServerError;
            await context.Response.WriteAsync(differs.Message);
        }
    }

    private async Task DebitedAsync(HttpContext context)
    {
        long[] debited = await _peer.DebitedAsync();
        context.Response.ContentType = "application/octet-stream";
        byte[] bytes = new byte[debited.Length * sizeof(long)];
        Buffer.BlockCopy(debited, 0, bytes, 0, bytes.Length);
        await context.Response.Body.WriteAsync(bytes);
    }

    private static Task NotFound(HttpContext context)
    {
        context.Response.StatusCode = StatusCodes.Status404NotFound;
        return Task.CompletedTask;
    }
}
