using System.Security.Cryptography;
using System.Text;
using Metering.Core.Time;
using Metering.Grid.Directory;

namespace Metering.Server.Keys;

/// <summary>Secrets of the operator's keys: <c>mk_live_</c> and 40 letters and digits, 238 bits of them random.</summary>
internal static class OperatorKeys
{
    private const string Letters = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

    public static bool IsWellFormed(string secret) =>
        (secret.StartsWith("mk_live_", StringComparison.Ordinal) || secret.StartsWith("mk_test_", StringComparison.Ordinal))
        && secret.Length is >= 32 and <= 256 && secret.AsSpan(8).IndexOfAnyExcept(Letters + "_-") < 0;

    public static string NewSecret() => "mk_live_" + RandomNumberGenerator.GetString(Letters, 40);

    public static byte[] Hash(string secret) => SHA256.HashData(Encoding.UTF8.GetBytes(secret));

    /// <summary>The record of an operator's key; the secret is not in it.</summary>
    public static KeyRecord Record(string secret, string name, Instant now) => new(
        "key_" + RandomNumberGenerator.GetHexString(20, lowercase: true), Hash(secret), secret[..12], CustomerId: null, name,
        KeyScopes.Ingest | KeyScopes.Read | KeyScopes.Wallet | KeyScopes.Billing, now, RevokedAt: null, Version: 0);
}
