using System.Buffers;
using System.IO.Pipelines;
using Metering.Api.Hosting;
using Metering.Api.Problems;
using Metering.Api.Requests;
using Metering.Grid.Ingest;
using Microsoft.AspNetCore.Http;

namespace Metering.Api.Events;

/// <summary>Reads a body into a batch's text, within the bounds of size and time.</summary>
internal static class RequestBody
{
    /// <summary>What a length that is only promised gets at once; the rest of the room comes with the bytes.</summary>
    private const int PromisedMaxBytes = 256 * 1024;

    /// <summary>What a body without a length reserves at a time, once it is large.</summary>
    private const int ReservedStepBytes = 256 * 1024;

    /// <summary>Events are about this long, for a first guess of how many there are.</summary>
    private const int TypicalEventBytes = 200;

    /// <summary>Rents a batch that most likely need not grow.</summary>
    public static EventBatch Rent(HttpRequest request)
    {
        int promised = (int)Math.Min(request.ContentLength ?? 4096, PromisedMaxBytes);
        return EventBatch.Rent(promised, promised / TypicalEventBytes);
    }

    /// <summary>Reads the whole body.</summary>
    /// <returns>The problem when it is too large or too slow; null when it is all there.</returns>
    public static async ValueTask<Problem?> ReadAsync(
        HttpContext context, EventBatch batch, MeteringApiOptions options, BodyBudget budget, TimeProvider time)
    {
        long reserved = Math.Max(BodyBudget.UncountedBytes, context.Request.ContentLength ?? 0);
        if (context.Request.ContentLength > options.BodyMaxBytes)
            return TooLarge(options);
        if (reserved > BodyBudget.UncountedBytes && budget.Reserve(context, reserved) is { } full)
            return full;
        PipeReader body = context.Request.BodyReader;
        CancellationTokenSource? timeout = null;
        try
        {
            while (true)
            {
                // Most bodies are here with their headers and need no watch.
                if (!body.TryRead(out ReadResult read))
                {
                    timeout ??= new CancellationTokenSource(TimeSpan.FromSeconds(options.BodyTimeoutSeconds), time);
                    read = await body.ReadAsync(timeout.Token);
                }

                ReadOnlySequence<byte> bytes = read.Buffer;
                long length = batch.Text.Length + bytes.Length;
                Problem? refusal = length > options.BodyMaxBytes ? TooLarge(options) : null;
                while (refusal is null && length > reserved)
                {
                    refusal = budget.Reserve(context, ReservedStepBytes);
                    reserved += ReservedStepBytes;
                }

                if (refusal is null)
                    Append(batch, bytes);
                body.AdvanceTo(bytes.End);
                if (refusal is not null)
                    return refusal;
                if (read.IsCompleted)
                    return null;
            }
        }
        catch (OperationCanceledException) when (timeout is { IsCancellationRequested: true })
        {
            // The rest of the body may still come: the connection cannot carry another request.
            context.Response.Headers.Connection = "close";
            return Problem.From(ProblemCodes.RequestTimeout, $"The body did not arrive within {options.BodyTimeoutSeconds} s.");
        }
        finally
        {
            timeout?.Dispose();
        }
    }

    private static void Append(EventBatch batch, in ReadOnlySequence<byte> bytes)
    {
        foreach (ReadOnlyMemory<byte> segment in bytes)
        {
            segment.CopyTo(batch.GetMemory(segment.Length));
            batch.Advance(segment.Length);
        }
    }

    private static Problem TooLarge(MeteringApiOptions options) =>
        Problem.From(ProblemCodes.PayloadTooLarge, $"A body may have at most {options.BodyMaxBytes} bytes.");
}
