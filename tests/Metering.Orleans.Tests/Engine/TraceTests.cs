using System.Collections.Concurrent;
using System.Diagnostics;
using Metering.Orleans.Tests.Support;
using Metering.TestSupport.Engine;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;

namespace Metering.Orleans.Tests.Engine;

public sealed class TraceTests
{
    [Fact]
    public async Task Trace_that_a_caller_began_goes_on_at_the_front_end_and_in_the_silo()
    {
        var ended = new ConcurrentQueue<Activity>();
        using var listener = new ActivityListener
        {
            // What the exporter listens to.
            ShouldListenTo = source => source.Name == "Microsoft.AspNetCore"
                || source.Name.StartsWith("Microsoft.Orleans", StringComparison.Ordinal)
                || source.Name is "Npgsql",
            Sample = static (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllDataAndRecorded,
            ActivityStopped = ended.Enqueue,
        };
        ActivitySource.AddActivityListener(listener);
        await using TestCluster cluster = await TestCluster.StartAsync(silos: 2);
        await using WebApplication front = await StartAsync(cluster);
        using var http = new HttpClient(new SocketsHttpHandler { UseProxy = false, ActivityHeadersPropagator = null });
        var trace = ActivityTraceId.CreateRandom();
        var caller = ActivitySpanId.CreateRandom();
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(front.Urls.First()));
        request.Headers.Add("traceparent", $"00-{trace}-{caller}-01");
        request.Headers.Add("tracestate", "vendor=1");
        (await http.SendAsync(request)).EnsureSuccessStatusCode();

        // The spans of the request, each within the one before: the front end's server, its call, the silo's service of it.
        await Wait.UntilAsync(() => Of("Microsoft.AspNetCore", ActivityKind.Server) is not null, "the request's span has ended");
        Activity served = Of("Microsoft.AspNetCore", ActivityKind.Server)!;
        Activity called = Of("Microsoft.Orleans.Application", ActivityKind.Client)!;
        Activity decided = Of("Microsoft.Orleans.Application", ActivityKind.Server)!;
        Assert.Equal(caller, served.ParentSpanId);
        Assert.Equal(served.SpanId, called.ParentSpanId);
        Assert.Equal(called.SpanId, decided.ParentSpanId);
        Assert.Equal("vendor=1", decided.TraceStateString);
        // What the silo asks the database, off the grain's scheduler, belongs to it, too.
        Assert.Contains(ended, span => span.Source.Name == "Npgsql" && span.TraceId == trace && span.ParentSpanId == decided.SpanId);

        Activity? Of(string source, ActivityKind kind) =>
            ended.SingleOrDefault(span => span.TraceId == trace && span.Source.Name == source && span.Kind == kind);
    }

    /// <summary>A front end that reads a wallet for each request.</summary>
    private static async Task<WebApplication> StartAsync(TestCluster cluster)
    {
        WebApplicationBuilder builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().UseUrls("http://127.0.0.1:0");
        WebApplication front = builder.Build();
        front.Run(async context =>
        {
            await cluster.Engine.Wallet(cluster.Directory.Customer("overage-1")).ReadAsync(context.RequestAborted);
            await context.Response.WriteAsync("read");
        });
        await front.StartAsync();
        return front;
    }
}
