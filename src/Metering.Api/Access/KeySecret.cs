using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;

namespace Metering.Api.Access;

/// <summary>A new key's secret: <c>mk_live_</c> or <c>mk_test_</c> and 32 random bytes in base64url. Only its hash is kept.</summary>
/// <param name="Text">The secret, to be shown once.</param>
/// <param name="Sha256">What the directory keeps.</param>
/// <param name="Prefix">The first characters, to recognise it by.</param>
public sealed record KeySecret(string Text, byte[] Sha256, string Prefix)
{
    private const int PrefixLength = 12;

    /// <summary>A fresh secret from the system's random source.</summary>
    /// <param name="live">False for a test key; both kinds do the same, the prefix is for the eye.</param>
    public static KeySecret Create(bool live = true) =>
        Of((live ? "mk_live_" : "mk_test_") + Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(32)));

    /// <summary>The secret that somebody chose.</summary>
    public static KeySecret Of(string text) =>
        new(text, SHA256.HashData(Encoding.UTF8.GetBytes(text)), text[..Math.Min(PrefixLength, text.Length / 2)]);
}
