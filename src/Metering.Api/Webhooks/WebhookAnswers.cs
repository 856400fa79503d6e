using System.Text.Json;
using System.Text.Json.Serialization;
using Metering.Core.Time;
using Metering.Grid.Outbox;
using Metering.Grid.Webhooks;

namespace Metering.Api.Webhooks;

/// <summary>Where events are sent to.</summary>
/// <param name="Id">Names it in paths.</param>
/// <param name="CustomerId">Whose events; null for those of all customers.</param>
/// <param name="Url">Where they are posted to.</param>
/// <param name="Kinds">Which events it gets.</param>
/// <param name="Description">Its label.</param>
/// <param name="Enabled">Whether it gets any.</param>
/// <param name="DisabledReason">Why it was turned off where nobody asked for it; else null.</param>
/// <param name="Secret">What its events are signed with; only where it was just made, shown this once.</param>
/// <param name="OldSecretExpiresAt">Until when the secret before signs, too; null where there is none.</param>
/// <param name="CreatedAt">When it was made.</param>
/// <param name="UpdatedAt">When it was last changed.</param>
public sealed record WebhookEndpointAnswer(
    string Id, string? CustomerId, string Url, IReadOnlyList<string> Kinds, string Description, bool Enabled, string? DisabledReason,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Secret, Instant? OldSecretExpiresAt, Instant CreatedAt,
    Instant UpdatedAt)
{
    internal static WebhookEndpointAnswer Of(WebhookEndpoint endpoint, Instant now, bool withSecret = false) => new(
        endpoint.Id, endpoint.CustomerId, endpoint.Url, endpoint.Kinds, endpoint.Description, endpoint.Enabled, endpoint.DisabledReason,
        withSecret ? endpoint.Secrets[0].Text : null,
        endpoint.Secrets.Skip(1).Select(secret => secret.ExpiresAt).FirstOrDefault(end => end > now),
        endpoint.CreatedAt, endpoint.UpdatedAt);
}

/// <summary>An event on its way to an endpoint.</summary>
/// <param name="Id">Names it in paths.</param>
/// <param name="EventId">The event; the same for every endpoint, attempt and replay.</param>
/// <param name="EndpointId">Where it goes.</param>
/// <param name="Kind">What the event is about.</param>
/// <param name="CustomerId">Whom it is about; null for nobody in particular.</param>
/// <param name="Status"><c>pending</c>, <c>delivered</c>, <c>dead</c> (given up) or <c>cancelled</c>.</param>
/// <param name="Attempts">How often it was tried.</param>
/// <param name="CreatedAt">When the event happened.</param>
/// <param name="NextAttemptAt">While it is pending: when it is tried next.</param>
/// <param name="ClosedAt">When it was delivered or given up.</param>
/// <param name="LastError">What went wrong last; null where nothing has.</param>
public sealed record WebhookDeliveryAnswer(
    string Id, string EventId, string EndpointId, string Kind, string? CustomerId, string Status, int Attempts, Instant CreatedAt,
    Instant? NextAttemptAt, Instant? ClosedAt, string? LastError)
{
    internal static WebhookDeliveryAnswer Of(OutboxRow row) => new(
        row.Message.Id, row.Message.EventId, row.Message.Target, row.Message.Topic,
        row.Message.CustomerId.Length > 0 ? row.Message.CustomerId : null, DeliveryWords.Of(row.Status), row.Attempts,
        row.Message.CreatedAt, row.NextAttemptAt, row.ClosedAt, row.LastError);
}

/// <summary>A delivery with what it says and what became of its attempts.</summary>
/// <param name="Delivery">The delivery.</param>
/// <param name="Data">The event's data.</param>
/// <param name="AttemptLog">Its attempts, oldest first; the last 100.</param>
public sealed record WebhookDeliveryDetailAnswer(
    WebhookDeliveryAnswer Delivery, JsonElement Data, IReadOnlyList<WebhookAttemptAnswer> AttemptLog);

/// <summary>An attempt at a delivery.</summary>
/// <param name="Number">Which one, from 1.</param>
/// <param name="At">When it began.</param>
/// <param name="Status">The HTTP status of the answer; null where there was none.</param>
/// <param name="LatencyMs">How long it took, in milliseconds.</param>
/// <param name="Error">What went wrong; null where it succeeded.</param>
public sealed record WebhookAttemptAnswer(int Number, Instant At, int? Status, decimal LatencyMs, string? Error)
{
    internal static WebhookAttemptAnswer Of(OutboxAttemptRow row) => new(
        row.Number, row.Attempt.At, row.Attempt.Status, row.Attempt.Took.Ticks / TimeSpan.TicksPerMicrosecond / 1000m, row.Attempt.Error);
}

/// <summary>The words of <see cref="OutboxStatus"/>.</summary>
internal static class DeliveryWords
{
    public static readonly IReadOnlyList<(string Word, OutboxStatus Value)> All =
    [
        ("pending", OutboxStatus.Pending), ("delivered", OutboxStatus.Delivered), ("dead", OutboxStatus.Dead),
        ("cancelled", OutboxStatus.Cancelled),
    ];

    public static string Of(OutboxStatus status) => All.First(pair => pair.Value == status).Word;
}
