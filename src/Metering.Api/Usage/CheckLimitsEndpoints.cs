using Metering.Api.Access;
using Metering.Api.Requests;
using Metering.Grid;
using Metering.Grid.Directory;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Json;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace Metering.Api.Usage;

/// <summary>Asks where a project stands, and whether an event would be taken. A read: nothing is consumed.</summary>
public static class CheckLimitsEndpoints
{
    /// <summary>Maps <c>/v1/usage/{project}/check-limits</c>.</summary>
    public static IEndpointRouteBuilder MapCheckLimits(this IEndpointRouteBuilder routes)
    {
        IServiceProvider services = routes.ServiceProvider;
        var check = new LimitCheck(
            services.GetRequiredService<IMeteringEngine>(), services.GetRequiredService<TimeProvider>(),
            services.GetRequiredService<IOptions<JsonOptions>>().Value);
        routes.MapPost("/v1/usage/{project}/check-limits", (string project, HttpContext context) => check.ServeAsync(project, context))
            .WithTags("Usage").WithName("CheckLimits")
            .WithSummary("The limits past a threshold; with a type and data also whether such an event would be taken now. "
                + "Operator, or the customer's key with the scope read.")
            .Accepts<CheckLimitsRequest>(isOptional: true, "application/json").Produces<CheckLimitsAnswer>().Refuses(400, 403, 404, 503)
            .RequireScope(KeyScopes.Read);
        return routes;
    }
}
