using Metering.Api.Access;
using Metering.Api.Problems;
using Metering.Api.Requests;
using Metering.Api.Telemetry;
using Metering.Core.Time;
using Metering.Grid;
using Metering.Grid.Directory;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Metering.Api.Operations;

/// <summary>What operators and their tools ask of a process.</summary>
public static class OperationsEndpoints
{
    /// <summary>Maps <c>/health</c>, <c>/ready</c>, <c>/metrics</c> and the operator's paths below <c>/api/v1</c>.</summary>
    public static IEndpointRouteBuilder MapOperations(this IEndpointRouteBuilder routes)
    {
        var group = routes.MapGroup("").WithTags("Operations");
        group.MapGet("/health", ReadHealth).WithName("ReadHealth").WithSummary("Whether the process runs.").Produces<HealthAnswer>()
            .AllowWithoutKey();
        group.MapGet("/ready", ReadReadyAsync).WithName("ReadReady").WithSummary("Whether requests are served; 503 while not.")
            .Produces<ReadyAnswer>().Produces<ReadyAnswer>(503).AllowWithoutKey();
        group.MapGet("/metrics", ReadPrometheus).WithName("ReadPrometheusMetrics")
            .WithSummary("Metrics in the Prometheus text format, version 0.0.4.")
            .Produces<string>(200, "text/plain").AllowWithoutKey();
        group.MapGet("/api/v1/metrics", ReadMetrics).WithName("ReadMetrics").WithSummary("Figures of this process. Operator.")
            .Produces<MetricsAnswer>().Refuses(403).RequireOperator();
        group.MapPost("/api/v1/test/load", TestLoadAsync).WithName("TestLoad")
            .WithSummary("Sends events of a scratch customer through the engine and tells how that went. One at a time. Operator.")
            .Accepts<LoadRequest>("application/json").Produces<LoadAnswer>().Refuses(400, 403, 409, 503).RequireOperator();
        group.MapPost("/api/v1/cache/warm", WarmAsync).WithName("WarmCache").WithSummary("Loads customers into memory. Operator.")
            .Accepts<WarmRequest>(isOptional: true, "application/json").Produces<WarmAnswer>().Refuses(400, 403, 404, 503)
                .RequireOperator();
        return routes;
    }

    private static IResult ReadHealth(TimeProvider time) =>
        TypedResults.Ok(new HealthAnswer("ok", Instant.FromDateTimeOffset(time.GetUtcNow())));

    private static async Task<IResult> ReadReadyAsync(Readiness readiness, CancellationToken cancellation)
    {
        ReadyAnswer answer = await readiness.CheckAsync(cancellation);
        return TypedResults.Json(
            answer, statusCode: answer.Reason is null ? StatusCodes.Status200OK : StatusCodes.Status503ServiceUnavailable);
    }

    private static IResult ReadPrometheus(PrometheusCollector collector) =>
        TypedResults.Text(collector.Collect(), PrometheusText.ContentType);

    private static IResult ReadMetrics(IMeteringEngine engine, ProcessFigures figures) =>
        TypedResults.Ok(EngineFigures.Of(engine, figures));

    private static async Task<IResult> TestLoadAsync(HttpContext context, LoadTest test, CancellationToken cancellation)
    {
        Body<LoadRequest> body = await RequestBody.ReadAsync(context, LoadRequest.Read);
        if (body.Value is not { } request)
            return body.Refusal!;
        return await test.RunAsync(request, cancellation) is { } answer
            ? TypedResults.Ok(answer)
            : Problem.From(ProblemCodes.LoadTestRunning);
    }

    private static async Task<IResult> WarmAsync(HttpContext context, IMeteringEngine engine, CancellationToken cancellation)
    {
        Body<WarmRequest> body = await RequestBody.ReadOptionalAsync(context, WarmRequest.Read);
        if (body.Value is not { } request)
            return body.Refusal!;
        List<CustomerEntry>? customers = null;
        foreach (string id in request.Customers ?? [])
        {
            if (await engine.Directory.FindCustomerAsync(id, cancellation) is not { } customer)
                return Refusals.CustomerNotFound(id);
            (customers ??= []).Add(customer);
        }

        if (request.Customers is { Count: 0 })
            return TypedResults.Ok(new WarmAnswer(0));
        return TypedResults.Ok(new WarmAnswer(await engine.WarmAsync(customers, cancellation)));
    }
}
