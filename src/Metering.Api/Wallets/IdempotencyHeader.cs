using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using Metering.Api.Problems;
using Metering.Api.Requests;
using Metering.Core.Wallets;
using Microsoft.AspNetCore.Http;

namespace Metering.Api.Wallets;

/// <summary>
/// Reads <c>Idempotency-Key</c>: 1 to 255 printable ASCII characters. What the wallet keeps is the first 16 bytes of the SHA-256 of method,
/// path and key, one a line, and a digest of the body as sent.
/// </summary>
internal static class IdempotencyHeader
{
    public const string Name = "Idempotency-Key";
    private const int MaxLength = 255;

    /// <summary>The key, or null without the header; a refusal where it is not valid.</summary>
    public static (IdempotencyKey? Key, Problem? Refusal) Read(HttpRequest request, ReadOnlySpan<byte> body)
    {
        if (!request.Headers.TryGetValue(Name, out var values))
            return (null, null);
        string text = values.Count == 1 ? values[0] ?? "" : "";
        if (text.Length is 0 or > MaxLength || text.Any(symbol => symbol is < ' ' or > '~'))
        {
            var fault = new FieldError(null, Name, $"Must be given once, with 1 to {MaxLength} printable characters.");
            return (null, Refusals.InvalidRequest([fault]));
        }

        return (new IdempotencyKey(Hash(request.Method, request.PathBase + request.Path, text), RequestBody.Digest(body)), null);
    }

    internal static UInt128 Hash(string method, string? path, string key)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(Encoding.UTF8.GetBytes($"{method}\n{path}\n{key}"), hash);
        return BinaryPrimitives.ReadUInt128BigEndian(hash);
    }
}
