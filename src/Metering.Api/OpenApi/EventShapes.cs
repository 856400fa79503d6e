using System.Reflection;
using System.Text.Json;
using Metering.Api.Events;
using Metering.Api.Problems;
using Metering.Api.Requests;
using Metering.Core.Money;
using Metering.Core.Time;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Metadata;

namespace Metering.Api.OpenApi;

/// <summary>A CloudEvents 1.0 event, for the document; also an array of them.</summary>
/// <param name="Specversion">Always <c>1.0</c>.</param>
/// <param name="Id">With <paramref name="Source"/> and the customer it identifies the event.</param>
/// <param name="Source">Who sends it.</param>
/// <param name="Type">Selects the meters.</param>
/// <param name="Subject">A project or a customer.</param>
/// <param name="Time">When it happened; the time of arrival where it is absent.</param>
/// <param name="Data">The quantities and the dimensions.</param>
public sealed record CloudEventShape(
    string Specversion, string Id, string Source, string Type, string Subject, Instant? Time, JsonElement? Data);

/// <summary>A request of <c>/v1/events/ingest</c>, for the document.</summary>
/// <param name="Events">1 to 1,000 events.</param>
public sealed record IngestShape(IReadOnlyList<IngestEventShape> Events);

/// <summary>An event of <c>/v1/events/ingest</c>; further members are data.</summary>
/// <param name="EventId">A UUID.</param>
/// <param name="CustomerId">The customer.</param>
/// <param name="EventType"><c>TOKEN_USAGE</c>, <c>IMAGE_GENERATION</c>, <c>API_CALL</c> or <c>CUSTOM</c>.</param>
/// <param name="Timestamp">When it happened.</param>
/// <param name="IdempotencyKey">Takes the place of the event's id as identity.</param>
/// <param name="FeatureId">What was used.</param>
/// <param name="Provider">Who made the model.</param>
/// <param name="Model">The model.</param>
/// <param name="InputTokens">Of <c>TOKEN_USAGE</c>.</param>
/// <param name="OutputTokens">Of <c>TOKEN_USAGE</c>.</param>
public sealed record IngestEventShape(
    string EventId, string CustomerId, string EventType, Instant? Timestamp,
    string? IdempotencyKey, string? FeatureId, string? Provider, string? Model, Amount? InputTokens, Amount? OutputTokens);

/// <summary>An event of <c>/api/v1/usage/events</c>, for the document; also an array of them.</summary>
/// <param name="OrganizationId">The customer.</param>
/// <param name="MetricName">The event's type is <c>usage.</c> and this.</param>
/// <param name="Quantity">How much.</param>
/// <param name="IdempotencyKey">Without one each request counts.</param>
public sealed record MetricEventShape(string OrganizationId, string MetricName, Amount Quantity, string? IdempotencyKey);

/// <summary>What became of a request of events, for the document.</summary>
/// <param name="Accepted">Events taken now.</param>
/// <param name="Duplicates">Events counted before.</param>
/// <param name="Rejected">Events refused.</param>
/// <param name="Results">One an event, in order.</param>
/// <param name="Balances">The wallets touched, right after.</param>
public sealed record EventsShape(
    int Accepted, int Duplicates, int Rejected, IReadOnlyList<EventResultShape> Results, IReadOnlyList<EventBalanceShape> Balances);

/// <summary>What became of one event.</summary>
/// <param name="Index">Its place in the request.</param>
/// <param name="Id">Its id.</param>
/// <param name="Status"><c>accepted</c>, <c>duplicate</c> or <c>rejected</c>.</param>
/// <param name="Code">Why it was refused.</param>
/// <param name="Credits">What it burned; for a duplicate the first time.</param>
/// <param name="At">When it was taken; for a duplicate the first time.</param>
/// <param name="Differs">True for a duplicate whose body is another one's.</param>
public sealed record EventResultShape(int Index, string Id, string Status, string? Code, Amount? Credits, Instant? At, bool? Differs);

/// <summary>A wallet right after a request.</summary>
public sealed record EventBalanceShape(string CustomerId, Amount Available, Amount Held);

/// <summary>The answer of <c>/v1/events/ingest</c>, for the document.</summary>
/// <param name="Accepted">Events taken now.</param>
/// <param name="Rejected">Events refused.</param>
/// <param name="Duplicates">Events counted before.</param>
/// <param name="BatchId">Names the batch; null where all were duplicates.</param>
/// <param name="Status"><c>processing</c> or <c>all_duplicates</c>.</param>
/// <param name="ProcessingTimeMs">How long it took.</param>
/// <param name="Message">In words, where all were duplicates.</param>
/// <param name="Results">One an event, in order.</param>
public sealed record IngestAnswerShape(
    int Accepted, int Rejected, int Duplicates, string? BatchId, string Status, double ProcessingTimeMs, string? Message,
    IReadOnlyList<EventResultShape>? Results);

/// <summary>Describes the endpoints that take events: they read and write their bodies themselves, so nothing can be told from their
/// parameters.</summary>
internal static class EventShapes
{
    private static readonly MethodInfo NoParameters = typeof(EventShapes)
        .GetMethod(nameof(Described), BindingFlags.Static | BindingFlags.NonPublic)!;

    public static IEndpointConventionBuilder WithEventShapes(this IEndpointConventionBuilder builder, Dialect dialect)
    {
        (string summary, Type body, string[] mediaTypes, Type answer, int status) = dialect switch
        {
            Dialect.CloudEvents => (
                "Takes CloudEvents: 204 when all were taken, or one result an event with Prefer: return=representation. "
                    + "A key with the scope ingest.",
                typeof(CloudEventShape),
                new[] { "application/cloudevents+json", "application/cloudevents-batch+json", "application/json" },
                typeof(EventsShape),
                200),
            Dialect.Ingest => (
                "Takes up to 1,000 flat events. A key with the scope ingest.",
                typeof(IngestShape),
                ["application/json"],
                typeof(IngestAnswerShape),
                202),
            _ => (
                "Takes one usage record or an array of them, one result each. A key with the scope ingest.",
                typeof(MetricEventShape),
                ["application/json"],
                typeof(EventsShape),
                200),
        };
        builder.WithMetadata(NoParameters, new EndpointSummaryAttribute(summary), new AcceptsMetadata(mediaTypes, body));
        builder.WithMetadata(new ProducesResponseTypeMetadata(status, answer, ["application/json"]));
        if (dialect == Dialect.CloudEvents)
            builder.WithMetadata(new ProducesResponseTypeMetadata(StatusCodes.Status204NoContent, typeof(void)));
        foreach (int refused in new[] { 400, 402, 403, 404, 408, 413, 415, 422, 503 })
            builder.WithMetadata(new ProducesResponseTypeMetadata(refused, typeof(ProblemAnswer), [Problem.MediaType]));
        return builder;
    }

    /// <summary>Stands for the handler where the document is made: it has no parameters of its own.</summary>
    private static void Described()
    {
    }
}
