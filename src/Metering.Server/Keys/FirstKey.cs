using Metering.Core.Time;
using Metering.Grid.Directory;
using Metering.Server.CommandLine;
using Metering.Server.Settings;

namespace Metering.Server.Keys;

/// <summary>The operator's key as a server knows it after its start.</summary>
/// <param name="Secret">The secret where it is known: from the settings, or made just now. Null where only its hash is left.</param>
/// <param name="MadeNow">Whether it was made just now, to be shown once.</param>
internal sealed record FirstKey(string? Secret, bool MadeNow)
{
    /// <summary>Registers the key of the settings, or makes one where the operator has none at all.</summary>
    /// <exception cref="CommandFailedException">The key of the settings was revoked or belongs to a customer.</exception>
    public static async Task<FirstKey> EnsureAsync(
        IDirectoryStore directory, ServerSettings settings, TimeProvider time, CancellationToken cancellation)
    {
        Instant now = Instant.FromDateTimeOffset(time.GetUtcNow());
        if (settings.OperatorKey is { } given)
        {
            KeyRecord? known = await directory.FindKeyAsync(OperatorKeys.Hash(given), cancellation);
            if (known is { RevokedAt: not null } or { CustomerId: not null })
                throw new CommandFailedException("The operator_key of the settings was revoked, or belongs to a customer. Choose another.");
            if (known is null)
                await directory.AddKeyAsync(OperatorKeys.Record(given, "operator", now), cancellation);
            return new FirstKey(given, MadeNow: false);
        }

        if ((await directory.ListKeysAsync(null, cancellation)).Count > 0)
            return new FirstKey(null, MadeNow: false);
        string secret = OperatorKeys.NewSecret();
        await directory.AddKeyAsync(OperatorKeys.Record(secret, "operator", now), cancellation);
        return new FirstKey(secret, MadeNow: true);
    }
}
