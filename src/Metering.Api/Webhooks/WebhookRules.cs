namespace Metering.Api.Webhooks;

/// <summary>Which endpoints may be made; registered by the host.</summary>
/// <param name="AllowPrivate">Whether http, and addresses that are not public, are taken.</param>
public sealed record WebhookRules(bool AllowPrivate);
