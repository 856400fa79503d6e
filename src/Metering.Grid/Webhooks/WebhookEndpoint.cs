using Metering.Core.Time;

namespace Metering.Grid.Webhooks;

/// <summary>Where events are sent to.</summary>
/// <param name="Id">Names it: <c>whe_</c> and 32 hexadecimal digits that grow with time.</param>
/// <param name="CustomerId">Whose events it gets; null for those of all customers, and of none in particular.</param>
/// <param name="Url">Where they are posted to.</param>
/// <param name="Kinds">Which it gets: topics of <see cref="Outbox.OutboxKinds"/>.</param>
/// <param name="Description">A label; may be empty.</param>
/// <param name="Enabled">Whether it gets any.</param>
/// <param name="DisabledReason">Why the product itself has turned it off; null where it has not.</param>
/// <param name="Secrets">What its events are signed with, newest first: one, or two for a while after a rotation.</param>
/// <param name="CreatedAt">When it was made.</param>
/// <param name="UpdatedAt">When it was last changed.</param>
public sealed record WebhookEndpoint(
    string Id, string? CustomerId, string Url, IReadOnlyList<string> Kinds, string Description, bool Enabled, string? DisabledReason,
    IReadOnlyList<WebhookSecret> Secrets, Instant CreatedAt, Instant UpdatedAt)
{
    /// <summary>The secrets that are valid at a time.</summary>
    public IEnumerable<string> ValidSecrets(Instant at) =>
        Secrets.Where(secret => secret.ExpiresAt is not { } end || at < end).Select(secret => secret.Text);
}

/// <summary>What events are signed with.</summary>
/// <param name="Text">The secret; its UTF-8 bytes are the key of the HMAC.</param>
/// <param name="ExpiresAt">Until when it is used; null for good.</param>
public sealed record WebhookSecret(string Text, Instant? ExpiresAt);

/// <summary>What is to change of an endpoint; null leaves as it is.</summary>
/// <param name="Url">Where events are posted to.</param>
/// <param name="Kinds">Which it gets.</param>
/// <param name="Description">A label.</param>
/// <param name="Enabled">Whether it gets any; turned on, the reason for which it was off is forgotten.</param>
public sealed record WebhookEndpointChange(string? Url, IReadOnlyList<string>? Kinds, string? Description, bool? Enabled);
