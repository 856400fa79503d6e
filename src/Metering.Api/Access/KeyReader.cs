using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Http;

namespace Metering.Api.Access;

/// <summary>Reads the key of a request: <c>Authorization: Bearer</c>, else <c>x-api-key</c>, else <c>X-Pulse-Key</c>.</summary>
internal static class KeyReader
{
    /// <summary>Bytes of a hash.</summary>
    public const int HashBytes = SHA256.HashSizeInBytes;

    private const int SecretMaxBytes = 512;
    private const string Scheme = "Bearer ";

    /// <summary>Hashes the key a request carries.</summary>
    /// <param name="request">The request.</param>
    /// <param name="sha256">Receives 32 bytes.</param>
    /// <returns>False when it carries none, or something longer than any key.</returns>
    public static bool TryHash(HttpRequest request, Span<byte> sha256)
    {
        ReadOnlySpan<char> secret = Find(request.Headers);
        Span<byte> utf8 = stackalloc byte[SecretMaxBytes];
        if (secret.IsEmpty || !Encoding.UTF8.TryGetBytes(secret, utf8, out int length))
            return false;
        SHA256.HashData(utf8[..length], sha256);
        return true;
    }

    private static ReadOnlySpan<char> Find(IHeaderDictionary headers)
    {
        string? authorization = headers.Authorization;
        if (authorization is not null && authorization.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase))
            return authorization.AsSpan(Scheme.Length).Trim();
        string? key = headers["x-api-key"];
        key ??= headers["X-Pulse-Key"];
        return key.AsSpan().Trim();
    }
}
