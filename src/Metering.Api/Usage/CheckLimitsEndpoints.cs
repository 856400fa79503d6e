using System.Buffers;
using System.Text.Json;
using Metering.Api.Access;
using Metering.Api.Problems;
using Metering.Api.Requests;
using Metering.Core.Time;
using Metering.Core.Usage;
using Metering.Grid;
using Metering.Grid.Directory;
using Metering.Grid.Ingest;
using Metering.Grid.Projects;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Metering.Api.Usage;

/// <summary>Asks where a project stands, and whether an event would be taken. A read: nothing is consumed.</summary>
public static class CheckLimitsEndpoints
{
    /// <summary>Maps <c>/v1/usage/{project}/check-limits</c>.</summary>
    public static IEndpointRouteBuilder MapCheckLimits(this IEndpointRouteBuilder routes)
    {
        routes.MapPost("/v1/usage/{project}/check-limits", CheckAsync).WithTags("Usage").WithName("CheckLimits")
            .WithSummary("The limits past a threshold; with a type and data also whether such an event would be taken now. "
                + "Operator, or the customer's key with the scope read.")
            .Accepts<CheckLimitsRequest>(isOptional: true, "application/json").Produces<CheckLimitsAnswer>().Refuses(400, 403, 404, 503)
            .RequireScope(KeyScopes.Read);
        return routes;
    }

    private static async Task<IResult> CheckAsync(
        string project, HttpContext context, Caller caller, IMeteringEngine engine, TimeProvider time, CancellationToken cancellation)
    {
        (ProjectEntry? entry, Problem? refusal) = await ProjectAccess.FindAsync(caller, engine, project, cancellation);
        if (entry is null)
            return refusal!;
        Body<CheckLimitsRequest> body = await RequestBody.ReadOptionalAsync(context, CheckLimitsRequest.Read);
        if (body.Value is not { } request)
            return body.Refusal!;

        ReadEvents single = request.Type is null
            ? default
            : await ReadEvents.ReadAsync(engine, EventOf(entry.Id, request.Type, request.Data), "", cancellation);
        if (single.Refusal is not null)
            return single.Refusal;
        using EventBatch? batch = single.Batch;
        CheckAnswer answer = await engine.Project(entry).CheckAsync(batch, cancellation);
        var now = Instant.FromDateTimeOffset(time.GetUtcNow());
        bool isAllowed = answer.Code is EventCode.Accepted or EventCode.Duplicate;
        return TypedResults.Ok(new CheckLimitsAnswer(
            answer.Alerts.Count > 0, [.. answer.Alerts.Select(alert => UsageRows.Answer(entry.Id, alert, now))],
            batch is null ? null : isAllowed, batch is null ? null : isAllowed ? "accepted" : ProblemCodes.Of(answer.Code)));
    }

    /// <summary>The event that is asked about, with an identity that nothing else has.</summary>
    private static byte[] EventOf(string projectId, string type, JsonElement? data)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(buffer))
        {
            writer.WriteStartObject();
            writer.WriteString("specversion"u8, "1.0"u8);
            writer.WriteString("id"u8, Guid.NewGuid());
            writer.WriteString("source"u8, "urn:metering:check"u8);
            writer.WriteString("type"u8, type);
            writer.WriteString("subject"u8, projectId);
            if (data is { } members)
            {
                writer.WritePropertyName("data"u8);
                members.WriteTo(writer);
            }

            writer.WriteEndObject();
        }

        return buffer.WrittenSpan.ToArray();
    }
}
