using Microsoft.AspNetCore.OpenApi;
using Microsoft.OpenApi;

namespace Metering.Api.OpenApi;

/// <summary>Names the API and the three ways to send a key.</summary>
internal sealed class DocumentDetails : IOpenApiDocumentTransformer
{
    /// <summary>The schemes, by their ids in the document.</summary>
    public static readonly IReadOnlyList<string> Schemes = ["bearer", "x-api-key", "x-pulse-key"];

    public Task TransformAsync(OpenApiDocument document, OpenApiDocumentTransformerContext context, CancellationToken cancellationToken)
    {
        document.Info = new OpenApiInfo
        {
            Title = "Metering",
            Version = "v1",
            Description = "Usage metering: events counted exactly once, limits and credits decided at the event. "
                + "Errors are application/problem+json with a stable code. Times are RFC 3339 in UTC; credits are decimal strings, "
                + "quantities and money under /v1/usage and /api/usage exact numbers.",
        };
        document.Components ??= new OpenApiComponents();
        document.Components.SecuritySchemes = new Dictionary<string, IOpenApiSecurityScheme>
        {
            ["bearer"] = new OpenApiSecurityScheme { Type = SecuritySchemeType.Http, Scheme = "bearer",
                Description = "Authorization: Bearer KEY" },
            ["x-api-key"] = new OpenApiSecurityScheme { Type = SecuritySchemeType.ApiKey, In = ParameterLocation.Header,
                Name = "x-api-key" },
            ["x-pulse-key"] = new OpenApiSecurityScheme { Type = SecuritySchemeType.ApiKey, In = ParameterLocation.Header,
                Name = "X-Pulse-Key" },
        };
        return Task.CompletedTask;
    }
}
