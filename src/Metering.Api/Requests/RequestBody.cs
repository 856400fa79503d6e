using Metering.Api.Problems;
using System.Buffers;
using System.Security.Cryptography;
using Metering.Api.Json;
using Metering.Core.Catalog;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace Metering.Api.Requests;

/// <summary>A body as it was sent, or the refusal that ends the request.</summary>
/// <param name="Utf8">The bytes; empty where there is a refusal.</param>
/// <param name="Refusal">What to answer, or null.</param>
internal readonly record struct RawBody(ReadOnlyMemory<byte> Utf8, IResult? Refusal);

/// <summary>A body as it was understood, or the refusal that ends the request.</summary>
/// <param name="Value">The request; null where there is a refusal.</param>
/// <param name="Utf8">The bytes, for a digest.</param>
/// <param name="Refusal">What to answer, or null.</param>
internal readonly record struct Body<T>(T? Value, ReadOnlyMemory<byte> Utf8, IResult? Refusal)
    where T : class;

/// <summary>Reads the JSON bodies of all requests but those of events: at most <see cref="MaxBytes"/>, every fault named at once.</summary>
internal static class RequestBody
{
    /// <summary>The largest body.</summary>
    public const int MaxBytes = 1024 * 1024;

    /// <summary>Reads a body that may be empty.</summary>
    public static async ValueTask<RawBody> ReadRawAsync(HttpContext context)
    {
        if (context.Request.ContentLength > MaxBytes)
            return new RawBody(default, Refusals.BodyTooLarge(MaxBytes));
        if (BodyEncoding.Refusal(context.Request) is { } encoded)
            return new RawBody(default, encoded);
        using var buffer = new MemoryStream((int)Math.Min(context.Request.ContentLength ?? 1024, BodyBudget.UncountedBytes));
        var chunk = ArrayPool<byte>.Shared.Rent(16 * 1024);
        try
        {
            return await ReadRawAsync(context, buffer, chunk);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(chunk);
        }
    }

    private static async ValueTask<RawBody> ReadRawAsync(HttpContext context, MemoryStream buffer, byte[] chunk)
    {
        var budget = context.RequestServices.GetRequiredService<BodyBudget>();
        bool isCounted = false;
        while (true)
        {
            var read = await context.Request.Body.ReadAsync(chunk, context.RequestAborted);
            if (read == 0)
                return new RawBody(buffer.GetBuffer().AsMemory(0, (int)buffer.Length), null);
            if (buffer.Length + read > MaxBytes)
                return new RawBody(default, Refusals.BodyTooLarge(MaxBytes));
            if (!isCounted && buffer.Length + read > BodyBudget.UncountedBytes)
            {
                if (budget.Reserve(context, MaxBytes) is { } full)
                    return new RawBody(default, full);
                isCounted = true;
            }

            buffer.Write(chunk, 0, read);
        }
    }

    /// <summary>Reads a body that is one JSON object.</summary>
    /// <param name="context">The request.</param>
    /// <param name="read">Makes the request of the members and notes what is wrong; what it returns counts only where nothing is.</param>
    public static ValueTask<Body<T>> ReadAsync<T>(HttpContext context, Func<BodyObject, T?> read)
        where T : class => ReadAsync(context, read, emptyIsObject: false);

    /// <summary>Reads a body that is one JSON object or nothing, which counts as an object without members.</summary>
    public static ValueTask<Body<T>> ReadOptionalAsync<T>(HttpContext context, Func<BodyObject, T?> read)
        where T : class => ReadAsync(context, read, emptyIsObject: true);

    /// <summary>Makes a request of a body that was read elsewhere and is one JSON object.</summary>
    public static Body<T> Understand<T>(ReadOnlyMemory<byte> utf8, Func<BodyObject, T?> read)
        where T : class
    {
        if (!StrictJson.TryParse(utf8, out var document, out var fault))
            return new Body<T>(null, utf8, Refusals.InvalidRequest([new FieldError(null, "", fault)]));
        using (document)
        {
            var body = new BodyObject(document.RootElement, []);
            var value = read(body);
            body.Close();
            return body.Faults.Count == 0 && value is not null
                ? new Body<T>(value, utf8, null)
                : new Body<T>(null, utf8, Refusals.InvalidRequest(body.Faults));
        }
    }

    /// <summary>The first 8 bytes of the body's SHA-256: another body under the same idempotency key is told apart by it.</summary>
    public static ulong Digest(ReadOnlySpan<byte> utf8)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(utf8, hash);
        return System.Buffers.Binary.BinaryPrimitives.ReadUInt64BigEndian(hash);
    }

    private static async ValueTask<Body<T>> ReadAsync<T>(HttpContext context, Func<BodyObject, T?> read, bool emptyIsObject)
        where T : class
    {
        var raw = await ReadRawAsync(context);
        return raw.Refusal is null
            ? Understand(emptyIsObject && raw.Utf8.IsEmpty ? "{}"u8.ToArray() : raw.Utf8, read)
            : new Body<T>(null, default, raw.Refusal);
    }
}
