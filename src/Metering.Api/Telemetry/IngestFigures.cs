using Metering.Api.Operations;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Metadata;
using Microsoft.AspNetCore.Routing;

namespace Metering.Api.Telemetry;

/// <summary>Measures requests to the endpoints tagged <see cref="Tag"/>: from routing to the last byte of the answer.</summary>
internal sealed class IngestFigures(RequestDelegate next, ProcessFigures figures, ApiInstruments instruments, TimeProvider time)
{
    /// <summary>The tag of endpoints that take events.</summary>
    public const string Tag = "Events";

    public Task InvokeAsync(HttpContext context) =>
        context.GetEndpoint() is RouteEndpoint endpoint && endpoint.Metadata.GetMetadata<ITagsMetadata>() is { } tags
            && tags.Tags.Contains(Tag)
            ? MeasureAsync(context, endpoint)
            : next(context);

    private async Task MeasureAsync(HttpContext context, RouteEndpoint endpoint)
    {
        long start = time.GetTimestamp();
        await next(context);
        TimeSpan took = time.GetElapsedTime(start);
        figures.Latencies.Record(took);
        instruments.RecordIngest(took, endpoint.RoutePattern.RawText ?? "", context.Response.StatusCode);
    }
}
