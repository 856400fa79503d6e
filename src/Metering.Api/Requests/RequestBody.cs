using Metering.Api.Problems;
using System.IO.Pipelines;
using System.Security.Cryptography;
using Metering.Api.Hosting;
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
        var options = context.RequestServices.GetRequiredService<MeteringApiOptions>();
        CancellationTokenSource? timeout = null;
        try
        {
            while (true)
            {
                // Most bodies are here with their headers and need no watch.
                if (!context.Request.BodyReader.TryRead(out var read))
                {
                    timeout ??= new CancellationTokenSource(
                        TimeSpan.FromSeconds(options.BodyTimeoutSeconds), context.RequestServices.GetRequiredService<TimeProvider>());
                    read = await context.Request.BodyReader.ReadAsync(timeout.Token);
                }

                if (Take(context, read, buffer) is { } refusal)
                    return new RawBody(default, refusal);
                if (read.IsCompleted)
                    return new RawBody(buffer.GetBuffer().AsMemory(0, (int)buffer.Length), null);
            }
        }
        catch (OperationCanceledException) when (timeout is { IsCancellationRequested: true })
        {
            // The rest of the body may still come: the connection cannot carry another request.
            context.Response.Headers.Connection = "close";
            return new RawBody(default, Problem.From(
                ProblemCodes.RequestTimeout, $"The body did not arrive within {options.BodyTimeoutSeconds} s."));
        }
        finally
        {
            timeout?.Dispose();
        }
    }

    /// <summary>Puts what has arrived to what was there before.</summary>
    /// <returns>The refusal of a body that is too large, or null.</returns>
    private static Problem? Take(HttpContext context, in ReadResult read, MemoryStream buffer)
    {
        var before = buffer.Length;
        var after = before + read.Buffer.Length;
        var refusal = after > MaxBytes ? Refusals.BodyTooLarge(MaxBytes)
            : before <= BodyBudget.UncountedBytes && after > BodyBudget.UncountedBytes
                ? context.RequestServices.GetRequiredService<BodyBudget>().Reserve(context, MaxBytes)
                : null;
        if (refusal is null)
        {
            foreach (var segment in read.Buffer)
                buffer.Write(segment.Span);
        }

        context.Request.BodyReader.AdvanceTo(read.Buffer.End);
        return refusal;
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
