using Metering.Api.Access;
using Metering.Api.Problems;
using Metering.Api.Requests;
using Metering.Core.Catalog;
using Metering.Core.Ids;
using Metering.Core.Invoicing;
using Metering.Grid;
using Metering.Grid.Directory;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Metering.Api.Catalog;

/// <summary>Tax rates by country, region and day. An invoice keeps the rates it was issued with.</summary>
public static class TaxRateEndpoints
{
    /// <summary>Maps <c>/v1/taxes</c>.</summary>
    public static IEndpointRouteBuilder MapTaxRates(this IEndpointRouteBuilder routes)
    {
        var group = routes.MapGroup("/v1/taxes").WithTags("Catalogue").RequireOperator();
        group.MapPut("/{id}", PutAsync).WithName("PutTaxRate").WithSummary("Adds or replaces a tax rate. Operator.")
            .Accepts<TaxRateShape>("application/json").Produces<TaxRateShape>().Produces<TaxRateShape>(201).Refuses(400, 403);
        group.MapGet("", List).WithName("ListTaxRates")
            .WithSummary("All tax rates, in the order in which invoices show them. Operator.")
            .Produces<Page<TaxRateShape>>().Refuses(400, 403);
        group.MapDelete("/{id}", RemoveAsync).WithName("RemoveTaxRate").WithSummary("Removes a tax rate. Operator.")
            .Produces(204).Refuses(403, 404);
        return routes;
    }

    private static async Task<IResult> PutAsync(string id, HttpContext context, IMeteringEngine engine, CancellationToken cancellation)
    {
        if (!TaxRateId.TryCreate(id, out TaxRateId rateId))
            return CatalogFaults.BadId(id);
        RawBody body = await RequestBody.ReadRawAsync(context);
        if (body.Refusal is not null)
            return body.Refusal;
        if (!BillingJson.TryReadTaxRate(rateId, body.Utf8, out TaxRate? rate, out IReadOnlyList<CatalogFault> faults))
            return CatalogFaults.Refuse(ProblemCodes.InvalidRequest, faults);
        FactPutStatus status = await engine.DirectoryStore.PutTaxRateAsync(rate, cancellation);
        await engine.Directory.RefreshAsync(cancellation);
        return status == FactPutStatus.Created
            ? TypedResults.Created($"/v1/taxes/{Uri.EscapeDataString(id)}", new TaxRateAnswer(rate))
            : TypedResults.Ok(new TaxRateAnswer(rate));
    }

    private static IResult List(IMeteringEngine engine, string? limit, string? cursor) =>
        Paging.Cut(engine.Directory.Catalog.TaxRates, rate => new TaxRateAnswer(rate), limit, cursor);

    private static async Task<IResult> RemoveAsync(string id, IMeteringEngine engine, CancellationToken cancellation)
    {
        bool removed = TaxRateId.TryCreate(id, out TaxRateId rate)
            && await engine.DirectoryStore.RemoveTaxRateAsync(rate, cancellation);
        if (!removed)
            return Problem.From(ProblemCodes.TaxRateNotFound, $"There is no tax rate '{id}'.");
        await engine.Directory.RefreshAsync(cancellation);
        return TypedResults.NoContent();
    }
}
