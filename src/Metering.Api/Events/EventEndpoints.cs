using Metering.Api.Access;
using Metering.Api.OpenApi;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace Metering.Api.Events;

/// <summary>Where events come in.</summary>
public static class EventEndpoints
{
    /// <summary>Maps the three request shapes.</summary>
    public static IEndpointRouteBuilder MapEvents(this IEndpointRouteBuilder routes)
    {
        var intake = routes.ServiceProvider.GetRequiredService<EventIntake>();
        Map("/v1/events", Dialect.CloudEvents, "SendEvents");
        Map("/v1/events/ingest", Dialect.Ingest, "IngestEvents");
        Map("/api/v1/usage/events", Dialect.Metric, "SendUsage");
        return routes;

        void Map(string path, Dialect dialect, string name) =>
            routes.MapPost(path, (RequestDelegate)(context => intake.ServeAsync(context, dialect)))
                .WithRule(new AccessRule(AccessDemand.Own, Grid.Directory.KeyScopes.Ingest))
                .WithName(name).WithTags("Events").WithEventShapes(dialect);
    }
}
