using Metering.Api.Access;
using Metering.Api.Problems;
using Metering.Api.Requests;
using Metering.Api.Wallets;
using Metering.Grid.Directory;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.OpenApi;

namespace Metering.Api.OpenApi;

/// <summary>Adds to each operation what its endpoint's rules say: keys, idempotency, the problems that all have, and what each parameter
/// means.</summary>
internal sealed class OperationDetails : IOpenApiOperationTransformer
{
    private const string Time = "A time by RFC 3339, or a date: the whole day in the customer's time zone.";

    private static readonly Dictionary<string, string> Parameters = new(StringComparer.Ordinal)
    {
        ["limit"] = "How many rows, 1 to 1,000; 100 by default.",
        ["page"] = "Which page, counted from 1; not with a cursor.",
        ["cursor"] = "Where the page before ended: its next_cursor.",
        ["start"] = "The start, inclusive. " + Time,
        ["end"] = "The end, exclusive; a date is inclusive. " + Time,
        ["start_date"] = "The start, inclusive; the start of the month by default. " + Time,
        ["end_date"] = "The end, exclusive, a date inclusive; now by default. " + Time,
        ["days"] = "How many days, today among them.",
        ["customer"] = "The customer.",
        ["project"] = "The project; a customer's id is its default project.",
        ["period"] = "hourly, daily or monthly; daily by default.",
        ["meter"] = "Only this meter.",
        ["group_by"] = "A dimension to split the rows by; only meters that have it count then.",
        ["type"] = "Only events of this type.",
        ["plan"] = "Only customers on this plan.",
        ["status"] = "Only those of this status. Customers: active, suspended, past_due. Invoices: issued, paid, overdue, void. "
            + "Deliveries: pending, delivered, dead, cancelled.",
        ["search"] = "Only customers whose id, name or e-mail contains this.",
        ["sort"] = "id, name, email, plan or created_at; created_at by default.",
        ["order"] = "asc or desc.",
        ["version"] = "Which version; the newest by default.",
        ["id"] = "The id.",
        ["customer_id"] = "Only those of this customer.",
        ["endpoint_id"] = "Only those to this webhook endpoint.",
        ["kind"] = "Only events of this kind, such as alert.raised.",
        ["from"] = "The currency that is converted, by ISO 4217.",
        ["to"] = "The currency that it is converted to, by ISO 4217.",
        ["month"] = "A calendar month in UTC, such as 2025-01; the running one by default.",
        ["currency"] = "The currency that totals are converted to, by ISO 4217.",
        ["number"] = "The credit note's number: P17-C000001.",
        ["validFrom"] = "The first day on which the rate holds: 2025-01-17.",
        ["month"] = "The month whose revenue is shown, such as 2025-01; the last one by default.",
        ["currency"] = "The currency that recurring revenue is summed in, by the exchange rates of today.",
    };

    public Task TransformAsync(OpenApiOperation operation, OpenApiOperationTransformerContext context, CancellationToken cancellationToken)
    {
        IList<object> metadata = context.Description.ActionDescriptor.EndpointMetadata;
        // Who signs callers in itself and asks for no scope, such as by a signature, knows no keys.
        bool needsKey = metadata.OfType<AccessRule>().LastOrDefault()
            is not ({ Demand: AccessDemand.Anybody } or { Demand: AccessDemand.Own, Scopes: KeyScopes.None });
        foreach (IOpenApiParameter parameter in operation.Parameters ?? [])
            Describe(parameter);
        if (context.Description is { HttpMethod: "POST", RelativePath: { } path }
            && path.StartsWith("v1/wallets/", StringComparison.Ordinal))
            AddIdempotency(operation);
        if (needsKey)
            AddKeys(operation, context);
        AddProblem(operation, context, "429", "rate_limited, with Retry-After");
        if (needsKey)
            AddProblem(operation, context, "401", "unauthorized: no or bad key");
        return Task.CompletedTask;
    }

    private static void Describe(IOpenApiParameter parameter)
    {
        if (parameter is OpenApiParameter known && Parameters.TryGetValue(known.Name ?? "", out string? text))
            known.Description = text;
        if (parameter is OpenApiParameter { Name: "limit" or "page" or "days" or "version" } whole)
            whole.Schema = new OpenApiSchema
            {
                Type = JsonSchemaType.Integer,
                Minimum = "1",
                Maximum = whole.Name == "limit" ? "1000" : null,
            };
    }

    private static void AddIdempotency(OpenApiOperation operation)
    {
        operation.Parameters ??= [];
        operation.Parameters.Add(new OpenApiParameter
        {
            Name = IdempotencyHeader.Name,
            In = ParameterLocation.Header,
            Description = "1 to 255 printable characters. The same key with the same body gets the first answer again for at least "
                + "24 hours; with another body 422.",
            Schema = new OpenApiSchema { Type = JsonSchemaType.String, MaxLength = 255 },
        });
    }

    private static void AddKeys(OpenApiOperation operation, OpenApiOperationTransformerContext context) => operation.Security =
    [
        .. DocumentDetails.Schemes.Select(scheme => new OpenApiSecurityRequirement
        {
            [new OpenApiSecuritySchemeReference(scheme, context.Document)] = [],
        }),
    ];

    private static void AddProblem(
        OpenApiOperation operation, OpenApiOperationTransformerContext context, string status, string description)
    {
        operation.Responses ??= [];
        operation.Responses.TryAdd(status, new OpenApiResponse
        {
            Description = description,
            Content = new Dictionary<string, OpenApiMediaType>
            {
                [Problem.MediaType] = new() { Schema = new OpenApiSchemaReference(nameof(ProblemAnswer), context.Document) },
            },
        });
    }
}
