using Metering.Api.Access;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace Metering.Api.OpenApi;

/// <summary>The OpenAPI document at <c>/openapi/v1.json</c>, made from the endpoints themselves.</summary>
internal static class MeteringOpenApi
{
    /// <summary>The document's name.</summary>
    public const string DocumentName = "v1";

    public static IServiceCollection AddMeteringOpenApi(this IServiceCollection services) =>
        services.AddOpenApi(DocumentName, static options =>
    {
        // Amounts and times stand where they are used: whether one may be null differs from place to place.
        options.CreateSchemaReferenceId = static type => SchemaDetails.IsInline(type.Type) ? null
            : OpenApiOptions.CreateDefaultSchemaReferenceId(type);
        options.AddDocumentTransformer<DocumentDetails>();
        options.AddOperationTransformer<OperationDetails>();
        options.AddSchemaTransformer<SchemaDetails>();
    });

    public static IEndpointRouteBuilder MapMeteringOpenApi(this IEndpointRouteBuilder routes)
    {
        routes.MapOpenApi("/openapi/{documentName}.json").AllowWithoutKey();
        return routes;
    }
}
