using System.Text.Json;
using Metering.Api.Access;
using Metering.Api.Catalog;
using Metering.Api.Hosting;
using Metering.Api.Problems;
using Metering.Api.Requests;
using Metering.Core.Usage;
using Metering.Grid;
using Metering.Grid.Directory;
using Metering.Grid.Ingest;
using Microsoft.AspNetCore.Http;

namespace Metering.Api.Events;

/// <summary>
/// The path of events: sign in, read, resolve, authorise, decide, answer. Three request shapes, one path. Written without filters and
/// parameter binding: a request with one event costs little more than what the server itself takes.
/// </summary>
internal sealed class EventIntake(
    IMeteringEngine engine, SignIn signIn, KeyLimits keyLimits, MeteringApiOptions options, BodyBudget budget, TimeProvider time)
{
    /// <summary>Serves one request.</summary>
    public async Task ServeAsync(HttpContext context, Dialect dialect)
    {
        long started = time.GetTimestamp();
        Problem? refusal = null;
        if (!signIn.TryFind(context.Request, out Caller? caller, out byte[]? sha256))
            (caller, refusal) = await signIn.FindAsync(context, sha256);
        // The request counts against the key's limit before anything of it is read, whatever becomes of it.
        if (caller is not null)
            refusal = await keyLimits.CountAsync(caller, context, CancellationToken.None);
        if (refusal is not null)
        {
            await refusal.ExecuteAsync(context);
            return;
        }

        using EventBatch batch = RequestBody.Rent(context.Request);
        if (await PrepareAsync(context, dialect, caller!, batch) is { } problem)
        {
            await problem.ExecuteAsync(context);
            return;
        }

        batch.WantsBalances = dialect == Dialect.Metric || WantsRepresentation(context.Request);
        // What is taken stays taken when the client leaves, so leaving need not be watched.
        IngestAnswer answer = await engine.IngestAsync(batch, CancellationToken.None);
        await AnswerAsync(context, dialect, batch, answer, started);
    }

    /// <summary>Everything before the decision.</summary>
    /// <returns>The problem that ends the request, or null.</returns>
    private async ValueTask<Problem?> PrepareAsync(HttpContext context, Dialect dialect, Caller caller, EventBatch batch)
    {
        if (!caller.Has(KeyScopes.Ingest))
            return Problem.From(ProblemCodes.Forbidden, "The key may not send events.");
        ContentMode mode = ContentModes.Of(context.Request);
        if (mode == ContentMode.Unsupported)
            return Problem.From(
                ProblemCodes.UnsupportedMediaType,
                "Send application/json, application/cloudevents+json or application/cloudevents-batch+json, in UTF-8.");
        if (BodyEncoding.Refusal(context.Request) is { } encoded)
            return encoded;
        if (await RequestBody.ReadAsync(context, batch, options, budget, time) is { } tooMuch)
            return tooMuch;
        int length = batch.Text.Length;
        CatalogSnapshot catalog = engine.Directory.Catalog;
        ReadOutcome outcome = Read(context.Request, dialect, mode, batch, catalog);
        if (outcome.HasUnknownType && await engine.Directory.HasNewerCatalogAsync(catalog, CancellationToken.None))
        {
            batch.Restart(length);
            outcome = Read(context.Request, dialect, mode, batch, engine.Directory.Catalog);
        }

        if (outcome.Faults is { } faults)
            return await HasForeignAsync(batch, caller) ? ForeignSubject() : faults.ToProblem();
        if (outcome.TooMany)
            return Problem.From(ProblemCodes.PayloadTooLarge, $"A request may have at most {options.EventsMax} events.");
        await engine.Directory.ResolveAsync(batch, CancellationToken.None);
        return caller.CustomerId is null || IsOwn(batch, caller.CustomerId)
            ? null
            : ForeignSubject();
    }

    private static Problem ForeignSubject() =>
        Problem.From(ProblemCodes.Forbidden, "The key may not send events for every subject of the request. Nothing was taken.");

    /// <summary>Whether a body with faults names a subject that the key may not act for, among those that could be read.</summary>
    private async ValueTask<bool> HasForeignAsync(EventBatch faulty, Caller caller)
    {
        if (caller.CustomerId is null)
            return false;
        using EventBatch named = EventBatch.Rent(faulty.Text.Length, faulty.Count);
        for (int i = 0; i < faulty.Count; i++)
        {
            if (faulty[i].Subject.Length == 0)
                continue;
            TextSlice subject = named.Append(faulty.Slice(faulty[i].Subject));
            named[named.AddEvent()].Subject = subject;
        }

        await engine.Directory.ResolveAsync(named, CancellationToken.None);
        return !IsOwn(named, caller.CustomerId);
    }

    private ReadOutcome Read(HttpRequest request, Dialect dialect, ContentMode mode, EventBatch batch, CatalogSnapshot catalog)
    {
        var body = new TextSlice(0, batch.Text.Length);
        return dialect switch
        {
            Dialect.Ingest => EventReader.ReadIngest(batch, body, catalog),
            Dialect.Metric => EventReader.ReadMetrics(batch, body, catalog, options.EventsMax, time),
            _ when mode == ContentMode.Binary => EventReader.ReadBinary(batch, body, request.Headers, catalog),
            _ => EventReader.ReadCloudEvents(batch, body, catalog, options.EventsMax),
        };
    }

    /// <summary>Whether every subject is the customer's. One that nobody has is none of its: a key learns nothing of other ids.</summary>
    private static bool IsOwn(EventBatch batch, string customerId)
    {
        CustomerEntry? last = null;
        for (int i = 0; i < batch.Count; i++)
        {
            CustomerEntry? customer = batch[i].Project?.Customer;
            if (customer is null || (!ReferenceEquals(customer, last) && customer.Id != customerId))
                return false;
            last = customer;
        }

        return true;
    }

    private Task AnswerAsync(HttpContext context, Dialect dialect, EventBatch batch, IngestAnswer answer, long started)
    {
        if (answer.Status == IngestStatus.Overloaded)
            return Problem.From(ProblemCodes.Overloaded, "Nothing was taken. Send it again.").ExecuteAsync(context);
        var results = new EventAnswer(batch, answer);
        if (dialect == Dialect.Ingest)
            return AnswerIngestAsync(context, results, started);
        if (dialect == Dialect.Metric || WantsRepresentation(context.Request))
            return WriteAsync(context, StatusCodes.Status200OK, results.WriteMembers);
        if (results.Rejected > 0)
            return results.ToProblem().ExecuteAsync(context);
        context.Response.StatusCode = StatusCodes.Status204NoContent;
        return Task.CompletedTask;
    }

    private Task AnswerIngestAsync(HttpContext context, EventAnswer results, long started)
    {
        if (results.IsAll(EventCode.InsufficientCredits) || results.IsAll(EventCode.Unavailable))
            return results.ToProblem().ExecuteAsync(context);
        bool isOld = results.Accepted == 0 && results.Rejected == 0;
        long milliseconds = (long)time.GetElapsedTime(started).TotalMilliseconds;
        return WriteAsync(context, isOld ? StatusCodes.Status200OK : StatusCodes.Status202Accepted, writer =>
        {
            writer.WriteNumber("accepted"u8, results.Accepted);
            writer.WriteNumber("rejected"u8, results.Rejected);
            writer.WriteNumber("duplicates"u8, results.Duplicates);
            if (isOld)
                writer.WriteNull("batch_id"u8);
            else
                writer.WriteString("batch_id"u8, Guid.CreateVersion7(time.GetUtcNow()));
            writer.WriteString("status"u8, isOld ? "all_duplicates"u8 : "processing"u8);
            if (isOld)
                writer.WriteString("message"u8, "All events were duplicates"u8);
            writer.WriteNumber("processing_time_ms"u8, milliseconds);
            results.WriteResults(writer);
        });
    }

    private static async Task WriteAsync(HttpContext context, int status, Action<Utf8JsonWriter> members)
    {
        HttpResponse response = context.Response;
        response.StatusCode = status;
        response.ContentType = "application/json";
        if (status == StatusCodes.Status200OK && WantsRepresentation(context.Request))
            response.Headers["Preference-Applied"] = "return=representation";
        using (var writer = new Utf8JsonWriter(response.BodyWriter, EventAnswer.WriterOptions))
        {
            writer.WriteStartObject();
            members(writer);
            writer.WriteEndObject();
        }

        await response.BodyWriter.FlushAsync();
    }

    private static bool WantsRepresentation(HttpRequest request)
    {
        foreach (string? preference in request.Headers["Prefer"])
        {
            if (preference is not null && preference.Contains("return=representation", StringComparison.OrdinalIgnoreCase))
                return true;
        }

        return false;
    }
}
