using System.Buffers;
using System.IO.Pipelines;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace Metering.Benchmarks.Probe;

/// <summary>
/// The limit probe: what any design must do and nothing more. Kestrel, parse, one dictionary debit, one packed row a group with the epoch
/// check, acknowledge after the
/// commit. No sign-in, no dedup, no prices, no limits, no checkpoints, no projections, no recovery.
/// </summary>
internal sealed class ProbeProcess
{
    private readonly ProbeShard[] shards;

    private ProbeProcess(ProbeShard[] shards) => this.shards = shards;

    /// <summary>Serves on a free port, which it prints, until its input ends.</summary>
    /// <param name="databases">Connection strings of the shards.</param>
    public static async Task<int> RunAsync(string[] databases)
    {
        var sources = new List<NpgsqlDataSource>();
        foreach (string database in databases)
        {
            NpgsqlDataSource source = new NpgsqlDataSourceBuilder(
                new NpgsqlConnectionStringBuilder(database) { MaxAutoPrepare = 8, AutoPrepareMinUsages = 2, NoResetOnClose = true }
                    .ConnectionString).Build();
            await using NpgsqlCommand schema = source.CreateCommand(ProbeShard.Schema);
            await schema.ExecuteNonQueryAsync();
            sources.Add(source);
        }

        var probe = new ProbeProcess([.. sources.Select(source => new ProbeShard(source))]);
        var named = new WebApplicationOptions { ApplicationName = "Metering.Benchmarks" };
        WebApplicationBuilder builder = WebApplication.CreateEmptyBuilder(named);
        builder.WebHost.UseKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Listen(System.Net.IPAddress.Loopback, 0);
        });
        await using WebApplication web = builder.Build();
        web.Run(probe.ServeAsync);
        await web.StartAsync();
        string address = web.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First();
        Console.WriteLine(new Uri(address).Port);
        await Console.In.ReadToEndAsync();
        return 0;
    }

    private async Task ServeAsync(HttpContext context)
    {
        if (HttpMethods.IsGet(context.Request.Method) || context.Request.Path != "/v1/events")
        {
            await AnswerReadAsync(context);
            return;
        }

        int length = (int)context.Request.ContentLength!.Value;
        byte[] body = ArrayPool<byte>.Shared.Rent(length);
        await ReadAsync(context.Request.BodyReader, body, length);
        await Take(body.AsSpan(0, length));
        ArrayPool<byte>.Shared.Return(body);
        context.Response.StatusCode = StatusCodes.Status204NoContent;
    }

    /// <summary>What a check costs at least: the request is read, and a small object answered.</summary>
    private static async Task AnswerReadAsync(HttpContext context)
    {
        int length = (int)(context.Request.ContentLength ?? 0);
        byte[] body = ArrayPool<byte>.Shared.Rent(length);
        await ReadAsync(context.Request.BodyReader, body, length);
        ArrayPool<byte>.Shared.Return(body);
        context.Response.ContentType = "application/json";
        context.Response.ContentLength = Allowed.Length;
        await context.Response.BodyWriter.WriteAsync(Allowed);
    }

    private static readonly byte[] Allowed = """{"approaching_limits":false,"alerts":[],"allowed":true,"code":"accepted"}"""u8.ToArray();

    private static async ValueTask ReadAsync(PipeReader reader, byte[] body, int length)
    {
        int read = 0;
        while (read < length)
        {
            ReadResult result = await reader.ReadAsync();
            result.Buffer.CopyTo(body.AsSpan(read));
            read += (int)result.Buffer.Length;
            reader.AdvanceTo(result.Buffer.End);
        }
    }

    private Task Take(ReadOnlySpan<byte> body)
    {
        ProbeEvent[] events = ArrayPool<ProbeEvent>.Shared.Rent(1_024);
        int count = ProbeParser.Read(body, ref events);
        try
        {
            return shards.Length == 1 ? shards[0].Take(events.AsSpan(0, count)) : TakeSplit(events.AsSpan(0, count));
        }
        finally
        {
            ArrayPool<ProbeEvent>.Shared.Return(events);
        }
    }

    private Task TakeSplit(Span<ProbeEvent> events)
    {
        if (events.Length == 1)
            return shards[ShardOf(events[0])].Take(events);
        ProbeEvent[] own = ArrayPool<ProbeEvent>.Shared.Rent(events.Length);
        var waits = new List<Task>(shards.Length);
        for (int shard = 0; shard < shards.Length; shard++)
        {
            int count = 0;
            foreach (ref ProbeEvent item in events)
            {
                if (ShardOf(item) == shard)
                    own[count++] = item;
            }

            if (count > 0)
                waits.Add(shards[shard].Take(own.AsSpan(0, count)));
        }

        ArrayPool<ProbeEvent>.Shared.Return(own);
        return Task.WhenAll(waits);
    }

    private int ShardOf(in ProbeEvent item) => (int)((item.Customer * 0x9E3779B97F4A7C15 >> 40) % (ulong)shards.Length);
}
