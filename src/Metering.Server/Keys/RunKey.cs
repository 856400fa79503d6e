using Metering.Core.Time;
using Metering.Grid.Directory;

namespace Metering.Server.Keys;

/// <summary>An operator's key for one run of a command; the one of the run before it stops.</summary>
internal static class RunKey
{
    /// <summary>Makes the key and revokes those of the same name.</summary>
    /// <returns>The secret.</returns>
    public static async Task<string> MakeAsync(IDirectoryStore directory, string name, TimeProvider time, CancellationToken cancellation)
    {
        await RevokeAsync(directory, name, time, cancellation);
        string secret = OperatorKeys.NewSecret();
        await directory.AddKeyAsync(OperatorKeys.Record(secret, name, Instant.FromDateTimeOffset(time.GetUtcNow())), cancellation);
        return secret;
    }

    /// <summary>Revokes the operator's keys of a name.</summary>
    public static async Task RevokeAsync(IDirectoryStore directory, string name, TimeProvider time, CancellationToken cancellation)
    {
        Instant now = Instant.FromDateTimeOffset(time.GetUtcNow());
        foreach (KeyRecord key in await directory.ListKeysAsync(null, cancellation))
        {
            if (key.Name == name && key.RevokedAt is null)
                await directory.RevokeKeyAsync(key.Id, now, cancellation);
        }
    }
}
