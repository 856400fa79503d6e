using Metering.Api.Access;
using Metering.Api.Problems;
using Metering.Api.Requests;
using Metering.Api.Wallets;
using Metering.Core.Ids;
using Metering.Core.Wallets;
using Metering.Grid;
using Metering.Grid.Billing;
using Metering.Grid.Directory;
using Metering.Grid.Documents;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Routing;

namespace Metering.Api.Billing;

/// <summary>Credit notes: what takes an issued invoice back, in part or whole. The POST takes an <c>Idempotency-Key</c>.</summary>
public static class CreditNoteEndpoints
{
    private const string User = "Operator, or the customer's key with the scope billing.";

    /// <summary>Maps <c>/v1/billing/invoice/{id}/credit_notes</c>.</summary>
    public static IEndpointRouteBuilder MapCreditNotes(this IEndpointRouteBuilder routes)
    {
        var group = routes.MapGroup("/v1/billing/invoice/{id}/credit_notes").WithTags("Billing");
        group.MapPost("", CreditAsync).WithName("CreateCreditNote")
            .WithSummary("Takes an invoice back, in part or whole. Operator.")
            .Accepts<CreditNoteRequest>("application/json").Produces<CreditNoteAnswer>(201).Refuses(400, 403, 404, 409, 422, 503)
            .RequireOperator();
        group.MapGet("", ListAsync).WithName("ListCreditNotes").WithSummary("An invoice's credit notes, oldest first. " + User)
            .Produces<Page<CreditNoteAnswer>>().Refuses(400, 403, 404, 503).RequireScope(KeyScopes.Billing);
        group.MapGet("/{number}/pdf", ReadPdfAsync).WithName("ReadCreditNotePdf").WithSummary("One credit note as PDF. " + User)
            .Produces(200, contentType: InvoiceDocument.MediaType).Refuses(403, 404, 503).RequireScope(KeyScopes.Billing);
        return routes;
    }

    private static async Task<IResult> CreditAsync(
        string id, HttpContext context, Caller caller, IMeteringEngine engine, CancellationToken cancellation)
    {
        (ProjectEntry? project, InvoiceId invoice, Problem? refusal) =
            await InvoiceLookup.FindProjectAsync(caller, engine, id, cancellation);
        if (project is null)
            return refusal!;
        Body<CreditNoteRequest> body = await RequestBody.ReadAsync(context, CreditNoteRequest.Read);
        if (body.Value is not { } request)
            return body.Refusal!;
        (IdempotencyKey? key, Problem? badKey) = IdempotencyHeader.Read(context.Request, body.Utf8.Span);
        if (badKey is not null)
            return badKey;
        CreditNoteResult result = await engine.Billing(project.Customer)
            .CreditAsync(new CreditNoteOrder(invoice, request.Amount, request.Reason, key), cancellation);
        return BillingProblems.Of(result, invoice) is { } problem
            ? problem
            : TypedResults.Created(
                $"/v1/billing/invoice/{Uri.EscapeDataString(id)}/credit_notes", CreditNoteAnswer.Of(result.Note!));
    }

    private static async Task<IResult> ListAsync(
        string id, Caller caller, IMeteringEngine engine, string? limit, string? cursor, CancellationToken cancellation)
    {
        (ProjectEntry? project, InvoiceId invoice, Problem? refusal) =
            await InvoiceLookup.FindProjectAsync(caller, engine, id, cancellation);
        if (project is null)
            return refusal!;
        var notes = await engine.Billing(project.Customer).ListCreditNotesAsync(invoice, cancellation);
        return Paging.Cut(notes, CreditNoteAnswer.Of, limit, cursor);
    }

    private static async Task<IResult> ReadPdfAsync(
        string id, string number, Caller caller, IMeteringEngine engine, [FromServices] IInvoiceDocuments documents,
        CancellationToken cancellation)
    {
        (ProjectEntry? project, InvoiceId invoice, Problem? refusal) =
            await InvoiceLookup.FindProjectAsync(caller, engine, id, cancellation);
        if (project is null)
            return refusal!;
        var notes = await engine.Billing(project.Customer).ListCreditNotesAsync(invoice, cancellation);
        if (notes.FirstOrDefault(each => each.Number.ToString() == number) is not { } note)
            return Problem.From(ProblemCodes.CreditNoteNotFound, $"Invoice '{id}' has no credit note '{number}'.");
        InvoiceDocument document = documents.Print(note);
        return TypedResults.File(document.Bytes, InvoiceDocument.MediaType, document.FileName);
    }
}
