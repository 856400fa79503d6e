using Metering.Api.Json;
using Metering.Grid.Outbox;
using Metering.Grid.Webhooks;

namespace Metering.Api.Webhooks;

/// <summary>The body of <c>POST /v1/webhooks/endpoints</c>.</summary>
/// <param name="Url">Where events are posted to; https.</param>
/// <param name="Kinds">Which events it gets, at least one.</param>
/// <param name="Description">A label.</param>
/// <param name="CustomerId">Whose events; the key's own customer where absent, and those of all for the operator.</param>
/// <param name="Enabled">False to begin turned off.</param>
public sealed record CreateWebhookEndpointRequest(
    string Url, IReadOnlyList<string> Kinds, string? Description, string? CustomerId, bool? Enabled)
{
    internal static CreateWebhookEndpointRequest? Read(BodyObject body, bool allowPrivate)
    {
        string? url = WebhookFields.Url(body, allowPrivate, required: true);
        IReadOnlyList<string>? kinds = WebhookFields.Kinds(body, required: true);
        string? description = body.Text("description");
        string? customer = body.Id("customer_id");
        bool? enabled = body.Flag("enabled");
        return url is null || kinds is null ? null : new CreateWebhookEndpointRequest(url, kinds, description, customer, enabled);
    }
}

/// <summary>The body of <c>PATCH /v1/webhooks/endpoints/{id}</c>; what is absent stays as it is.</summary>
/// <param name="Url">Where events are posted to.</param>
/// <param name="Kinds">Which events it gets, at least one.</param>
/// <param name="Description">A label.</param>
/// <param name="Enabled">Whether it gets any.</param>
public sealed record ChangeWebhookEndpointRequest(string? Url, IReadOnlyList<string>? Kinds, string? Description, bool? Enabled)
{
    internal static ChangeWebhookEndpointRequest Read(BodyObject body, bool allowPrivate) => new(
        WebhookFields.Url(body, allowPrivate, required: false), WebhookFields.Kinds(body, required: false), body.Text("description"),
        body.Flag("enabled"));
}

/// <summary>The body of <c>POST /v1/webhooks/endpoints/{id}/rotate_secret</c>; it may be empty.</summary>
/// <param name="OverlapSeconds">For how long the old secret signs beside the new one: 0 to 604,800; a day where absent.</param>
public sealed record RotateSecretRequest(int? OverlapSeconds)
{
    private const int OverlapMax = 7 * 86_400;

    internal static RotateSecretRequest Read(BodyObject body) => new(body.Whole("overlap_seconds", 0, OverlapMax));
}

/// <summary>The members that several bodies share.</summary>
internal static class WebhookFields
{
    public static string? Url(BodyObject body, bool allowPrivate, bool required)
    {
        if (body.Text("url", required, WebhookUrl.MaxLength) is not { } text)
            return null;
        if (WebhookUrl.FaultOf(text, allowPrivate, out _) is not { } fault)
            return text;
        body.Fault("url", fault);
        return null;
    }

    public static IReadOnlyList<string>? Kinds(BodyObject body, bool required)
    {
        if (body.Texts("kinds", OutboxKinds.Topics.Count, required) is not { } texts)
            return null;
        if (texts.Count == 0)
            body.Fault("kinds", "Must name at least one.");
        foreach ((string field, string kind) in texts)
        {
            if (!OutboxKinds.Topics.Contains(kind))
                body.Fault(field, $"Must be one of {string.Join(", ", OutboxKinds.Topics)}.");
        }

        return [.. texts.Select(text => text.Value).Distinct()];
    }
}
