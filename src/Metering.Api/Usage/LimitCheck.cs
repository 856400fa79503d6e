using System.Buffers;
using System.Collections.Concurrent;
using System.IO.Pipelines;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Metering.Api.Access;
using Metering.Api.Events;
using Metering.Api.Problems;
using Metering.Api.Requests;
using Metering.Core.Time;
using Metering.Core.Usage;
using Metering.Grid;
using Metering.Grid.Directory;
using Metering.Grid.Ingest;
using Metering.Grid.Projects;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Http.Json;
using RequestBody = Metering.Api.Requests.RequestBody;

namespace Metering.Api.Usage;

/// <summary>
/// Serves checks of limits, which a client makes before each piece of work: a body in its plain form is read like an event, without an
/// object for it, and an answer that says no more than its code is written from bytes that are kept.
/// </summary>
/// <remarks>Any other body goes through the readers that all requests share, which also name what is wrong with it.</remarks>
internal sealed class LimitCheck(IMeteringEngine engine, TimeProvider time, JsonOptions json)
{
    /// <summary>The largest body that is tried to be read as a plain one.</summary>
    private const int PlainMaxBytes = 4 * 1024;

    // Never an event's own: nobody can know the number that this process drew.
    private static readonly byte[] _idPrefix = Encoding.ASCII.GetBytes(Convert.ToHexString(RandomNumberGenerator.GetBytes(16)) + "-");
    private readonly ConcurrentDictionary<EventCode, byte[]> plainAnswers = new();
    private long checks;

    /// <summary>Answers one request.</summary>
    public async Task ServeAsync(string project, HttpContext context)
    {
        Caller caller = Caller.Of(context)!;
        (ProjectEntry? entry, Problem? refusal) = await ProjectAccess.FindAsync(caller, engine, project, CancellationToken.None);
        if (entry is null)
        {
            await refusal!.ExecuteAsync(context);
            return;
        }

        IResult answer;
        if (context.Request.ContentLength is not (> 0 and <= PlainMaxBytes))
        {
            answer = await AnswerAsync(entry, await RequestBody.ReadOptionalAsync(context, CheckLimitsRequest.Read));
        }
        else
        {
            using EventBatch batch = EventBatch.Rent((int)context.Request.ContentLength + 512, 1);
            await ReadAsync(context.Request.BodyReader, batch);
            if (TryReadPlain(batch, entry))
            {
                await engine.Directory.ResolveAsync(batch, CancellationToken.None);
                await WriteAsync(context, entry, await engine.Project(entry).CheckAsync(batch, CancellationToken.None));
                return;
            }

            answer = await AnswerAsync(entry, RequestBody.Understand(batch.Text.ToArray(), CheckLimitsRequest.Read));
        }

        await answer.ExecuteAsync(context);
    }

    private static async ValueTask ReadAsync(PipeReader body, EventBatch batch)
    {
        while (true)
        {
            // Most bodies are here with their headers. What waits for one ends with its connection or its rate.
            if (!body.TryRead(out ReadResult read))
                read = await body.ReadAsync(CancellationToken.None);
            foreach (ReadOnlyMemory<byte> segment in read.Buffer)
                batch.Append(segment.Span);
            body.AdvanceTo(read.Buffer.End);
            if (read.IsCompleted)
                return;
        }
    }

    /// <summary>Reads the body that is the batch's text as an event of the project with an identity that nothing else has.</summary>
    /// <returns>False, and the text as it was, where the body has another form or faults.</returns>
    private bool TryReadPlain(EventBatch batch, ProjectEntry project)
    {
        var body = new TextSlice(0, batch.Text.Length);
        if (!EventReader.TryReadCheck(batch, body, engine.Directory.Catalog))
            return false;
        Span<byte> number = stackalloc byte[20];
        Interlocked.Increment(ref checks).TryFormat(number, out int digits, default, System.Globalization.CultureInfo.InvariantCulture);
        ref ParsedEvent item = ref batch[0];
        item.Source = batch.Append("urn:metering:check"u8);
        item.Subject = batch.Append(project.IdUtf8);
        TextSlice prefix = batch.Append(_idPrefix);
        item.Id = new TextSlice(prefix.Start, prefix.Length + batch.Append(number[..digits]).Length);
        return true;
    }

    /// <summary>The answer to a body that was read member by member.</summary>
    private async ValueTask<IResult> AnswerAsync(ProjectEntry entry, Body<CheckLimitsRequest> body)
    {
        if (body.Value is not { } request)
            return body.Refusal!;
        ReadEvents single = request.Type is null
            ? default
            : await ReadEvents.ReadAsync(engine, EventOf(entry.Id, request.Type, request.Data), "", CancellationToken.None);
        if (single.Refusal is not null)
            return single.Refusal;
        using EventBatch? batch = single.Batch;
        return Result(entry, await engine.Project(entry).CheckAsync(batch, CancellationToken.None), batch is not null);
    }

    private Task WriteAsync(HttpContext context, ProjectEntry entry, CheckAnswer answer)
    {
        if (answer.Alerts.Count > 0)
            return Result(entry, answer, hasEvent: true).ExecuteAsync(context);
        if (!plainAnswers.TryGetValue(answer.Code, out byte[]? utf8))
        {
            utf8 = JsonSerializer.SerializeToUtf8Bytes(Result(entry, answer, hasEvent: true).Value!, json.SerializerOptions);
            plainAnswers[answer.Code] = utf8;
        }

        context.Response.ContentType = "application/json; charset=utf-8";
        context.Response.ContentLength = utf8.Length;
        return context.Response.BodyWriter.WriteAsync(utf8).AsTask();
    }

    private Ok<CheckLimitsAnswer> Result(ProjectEntry entry, CheckAnswer answer, bool hasEvent)
    {
        var now = Instant.FromDateTimeOffset(time.GetUtcNow());
        bool isAllowed = answer.Code is EventCode.Accepted or EventCode.Duplicate;
        return TypedResults.Ok(new CheckLimitsAnswer(
            answer.Alerts.Count > 0, [.. answer.Alerts.Select(alert => UsageRows.Answer(entry.Id, alert, now))],
            hasEvent ? isAllowed : null, !hasEvent ? null : isAllowed ? "accepted" : ProblemCodes.Of(answer.Code)));
    }

    /// <summary>The event that is asked about, with an identity that nothing else has.</summary>
    private static byte[] EventOf(string projectId, string type, JsonElement? data)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(buffer))
        {
            writer.WriteStartObject();
            writer.WriteString("specversion"u8, "1.0"u8);
            writer.WriteString("id"u8, Guid.NewGuid());
            writer.WriteString("source"u8, "urn:metering:check"u8);
            writer.WriteString("type"u8, type);
            writer.WriteString("subject"u8, projectId);
            if (data is { } members)
            {
                writer.WritePropertyName("data"u8);
                members.WriteTo(writer);
            }

            writer.WriteEndObject();
        }

        return buffer.WrittenSpan.ToArray();
    }
}
