using Metering.Api.Access;
using Metering.Api.Problems;
using Metering.Api.Requests;
using Metering.Api.Usage;
using Metering.Core.Ids;
using Metering.Core.Invoicing;
using Metering.Core.Time;
using Metering.Grid;
using Metering.Grid.Billing;
using Metering.Grid.Directory;
using Metering.Grid.Documents;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Routing;
using Microsoft.Net.Http.Headers;

namespace Metering.Api.Billing;

/// <summary>Invoices: made, read, printed, moved on and verified.</summary>
public static class InvoiceEndpoints
{
    private const string User = "Operator, or the customer's key with the scope billing.";
    private const string Pdf = "application/pdf";

    /// <summary>Maps <c>/v1/billing/{project}/invoice</c>, <c>/invoices</c> and <c>/v1/billing/invoice/{id}</c>.</summary>
    public static IEndpointRouteBuilder MapInvoices(this IEndpointRouteBuilder routes)
    {
        var group = routes.MapGroup("/v1/billing").WithTags("Billing");
        group.MapPost("/{project}/invoice", IssueAsync).WithName("IssueInvoice")
            .WithSummary("The invoice of a billing period: issued once it is closed, the same ever after; its draft before. " + User)
            .Accepts<InvoiceRequest>("application/json").Produces<InvoiceAnswer>(201).Produces<InvoiceAnswer>()
            .Refuses(400, 403, 404, 422, 503).RequireScope(KeyScopes.Billing);
        group.MapGet("/{project}/invoices", ListAsync).WithName("ListInvoices")
            .WithSummary("A project's issued invoices, newest period first. " + User)
            .Produces<InvoiceListAnswer>().Refuses(400, 403, 404, 503).RequireScope(KeyScopes.Billing);
        group.MapGet("/invoice/{id}", ReadAsync).WithName("ReadInvoice")
            .WithSummary("One invoice, or the draft of an open period; as PDF where the client accepts application/pdf. " + User)
            .Produces<InvoiceAnswer>().Produces(200, contentType: Pdf).Refuses(403, 404, 422, 503).RequireScope(KeyScopes.Billing);
        group.MapGet("/invoice/{id}/pdf", ReadPdfAsync).WithName("ReadInvoicePdf").WithSummary("One invoice as PDF. " + User)
            .Produces(200, contentType: Pdf).Refuses(403, 404, 422, 503).RequireScope(KeyScopes.Billing);
        group.MapPut("/invoice/{id}/status", MoveAsync).WithName("ChangeInvoiceStatus")
            .WithSummary("Moves an invoice on: issued, paid, overdue or void. Operator.")
            .Accepts<StatusRequest>("application/json").Produces<InvoiceAnswer>().Refuses(400, 403, 404, 409, 422, 503).RequireOperator();
        group.MapPost("/invoice/{id}/verify", VerifyAsync).WithName("VerifyInvoice")
            .WithSummary("Computes an issued invoice again from the journal and compares the bytes. " + User)
            .Produces<VerifyAnswer>().Refuses(403, 404, 503).RequireScope(KeyScopes.Billing);
        return routes;
    }

    private static async Task<IResult> IssueAsync(
        string project, HttpContext context, Caller caller, IMeteringEngine engine, CancellationToken cancellation)
    {
        (ProjectEntry? entry, Problem? refusal) = await ProjectAccess.FindAsync(caller, engine, project, cancellation);
        if (entry is null)
            return refusal!;
        Body<InvoiceRequest> body = await RequestBody.ReadAsync(context, InvoiceRequest.Read);
        if (body.Value is not { } request)
            return body.Refusal!;

        List<FieldError> faults = [];
        TimeZoneInfo zone = UsageSource.ZoneOf(entry.Customer);
        Instant? start = DateRanges.Start("period_start", request.PeriodStart, zone, faults);
        Instant? end = DateRanges.End("period_end", request.PeriodEnd, zone, faults);
        if (start is null || end is null)
            return Refusals.InvalidRequest(faults);
        if (end <= start)
            return BillingProblems.NotABillingPeriod(entry.Id);

        InvoiceResult result = await engine.Billing(entry.Customer)
            .IssueAsync(entry, new Period(start.Value, end.Value), cancellation);
        if (BillingProblems.Of(result, entry.Id) is { } problem)
            return problem;
        InvoiceAnswer answer = InvoiceAnswer.Of(result.Invoice!, result.Issued);
        return result.Code == InvoiceCode.Issued
            ? TypedResults.Created($"/v1/billing/invoice/{Uri.EscapeDataString(answer.Id)}", answer)
            : TypedResults.Ok(answer);
    }

    private static async Task<IResult> ListAsync(
        string project, Caller caller, IMeteringEngine engine, string? status, string? limit, string? page, string? cursor,
        CancellationToken cancellation)
    {
        (ProjectEntry? entry, Problem? refusal) = await ProjectAccess.FindAsync(caller, engine, project, cancellation);
        if (entry is null)
            return refusal!;
        List<FieldError> faults = [];
        Paging paging = Paging.Read(limit, page, cursor, faults);
        int offset = paging.ReadOffset(faults);
        InvoiceStatus wanted = default;
        if (status is not null && !InvoiceStatusMoves.TryParse(status, out wanted))
            faults.Add(new FieldError(null, "status", "Must be issued, paid, overdue or void."));
        if (faults.Count > 0)
            return Refusals.InvalidRequest(faults);

        IBilling billing = engine.Billing(entry.Customer);
        IssuedInvoice[] all = [.. (await billing.ListAsync(ProjectId.Parse(entry.Id), cancellation))
            .Where(each => status is null || each.Status == wanted)];
        var rows = new List<InvoiceAnswer>();
        foreach (IssuedInvoice issued in all.Skip(offset).Take(paging.Limit))
        {
            InvoiceView view = await billing.FindAsync(issued.Id, cancellation)
                ?? throw new InvalidOperationException($"Invoice '{issued.Id}' is listed and cannot be read.");
            rows.Add(InvoiceAnswer.Of(view.Invoice, view.Issued));
        }

        int next = offset + rows.Count;
        return TypedResults.Ok(new InvoiceListAnswer(rows, next < all.Length ? Paging.CursorOf(next) : null, all.Length));
    }

    private static async Task<IResult> ReadAsync(
        string id, HttpContext context, Caller caller, IMeteringEngine engine, [FromServices] IInvoiceDocuments documents,
        CancellationToken cancellation)
    {
        InvoiceLookup found = await InvoiceLookup.FindAsync(caller, engine, id, cancellation);
        if (found.Invoice is null)
            return found.Refusal!;
        return WantsPdf(context.Request) ? Print(found, documents)
            : TypedResults.Ok(InvoiceAnswer.Of(found.Invoice, found.Issued));
    }

    private static async Task<IResult> ReadPdfAsync(
        string id, Caller caller, IMeteringEngine engine, [FromServices] IInvoiceDocuments documents,
        CancellationToken cancellation)
    {
        InvoiceLookup found = await InvoiceLookup.FindAsync(caller, engine, id, cancellation);
        return found.Invoice is null ? found.Refusal! : Print(found, documents);
    }

    private static async Task<IResult> MoveAsync(
        string id, HttpContext context, Caller caller, IMeteringEngine engine, CancellationToken cancellation)
    {
        Body<StatusRequest> body = await RequestBody.ReadAsync(context, StatusRequest.Read);
        if (body.Value is not { } request)
            return body.Refusal!;
        InvoiceLookup found = await InvoiceLookup.FindAsync(caller, engine, id, cancellation);
        if (found.Invoice is not { } invoice)
            return found.Refusal!;
        IBilling billing = engine.Billing(found.Project!.Customer);
        if (found.Issued is null)
            return await IssueDraftAsync(billing, found.Project, invoice, request, cancellation);
        StatusResult result = await billing.SetStatusAsync(invoice.Id, request.Wanted, cancellation);
        return BillingProblems.Of(result, invoice.Id, request.Status) is { } problem
            ? problem
            : TypedResults.Ok(InvoiceAnswer.Of(invoice, result.Invoice));
    }

    /// <summary>A draft can only be issued, and that only once its period is closed.</summary>
    private static async Task<IResult> IssueDraftAsync(
        IBilling billing, ProjectEntry project, Invoice draft, StatusRequest request, CancellationToken cancellation)
    {
        if (request.Wanted != InvoiceStatus.Issued)
            return BillingProblems.IllegalMove(request.Status);
        InvoiceResult result = await billing.IssueAsync(project, draft.Period, cancellation);
        if (BillingProblems.Of(result, project.Id) is { } problem)
            return problem;
        return result.Code == InvoiceCode.Draft
            ? Problem.From(ProblemCodes.IllegalStatusMove, "The billing period is open: the invoice is issued once it is closed.")
            : TypedResults.Ok(InvoiceAnswer.Of(result.Invoice!, result.Issued));
    }

    private static async Task<IResult> VerifyAsync(string id, Caller caller, IMeteringEngine engine, CancellationToken cancellation)
    {
        (ProjectEntry? project, InvoiceId invoice, Problem? refusal) =
            await InvoiceLookup.FindProjectAsync(caller, engine, id, cancellation);
        if (project is null)
            return refusal!;
        return await engine.Billing(project.Customer).VerifyAsync(invoice, cancellation) is { } made
            ? TypedResults.Ok(VerifyAnswer.Of(made))
            : BillingProblems.InvoiceNotFound(id);
    }

    private static IResult Print(InvoiceLookup found, IInvoiceDocuments documents)
    {
        InvoiceDocument document = documents.Print(
            found.Invoice!,
            new InvoiceStanding(found.Issued?.Status ?? InvoiceStatus.Draft, found.Issued?.Credited ?? default));
        return TypedResults.File(document.Bytes, InvoiceDocument.MediaType, document.FileName);
    }

    /// <summary>Whether the client prefers a PDF: it names it, and does not name JSON with a higher quality.</summary>
    private static bool WantsPdf(HttpRequest request)
    {
        double pdf = 0;
        double json = 0;
        foreach (MediaTypeHeaderValue accepted in request.GetTypedHeaders().Accept)
        {
            if (accepted.MediaType.Equals(Pdf, StringComparison.OrdinalIgnoreCase))
                pdf = Math.Max(pdf, accepted.Quality ?? 1);
            else if (accepted.MediaType.Equals("application/json", StringComparison.OrdinalIgnoreCase))
                json = Math.Max(json, accepted.Quality ?? 1);
        }

        return pdf > json;
    }
}

/// <summary>A page of invoices.</summary>
/// <param name="Data">The invoices.</param>
/// <param name="NextCursor">The <c>cursor</c> of the next page; null at the end.</param>
/// <param name="Total">How many there are in all pages.</param>
public sealed record InvoiceListAnswer(IReadOnlyList<InvoiceAnswer> Data, string? NextCursor, long Total);
