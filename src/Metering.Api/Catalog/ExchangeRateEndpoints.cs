using System.Globalization;
using Metering.Api.Access;
using Metering.Api.Problems;
using Metering.Api.Requests;
using Metering.Core.Catalog;
using Metering.Core.Invoicing;
using Metering.Core.Money;
using Metering.Grid;
using Metering.Grid.Directory;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Metering.Api.Catalog;

/// <summary>Exchange rates, for reports over several currencies. No invoice depends on them.</summary>
public static class ExchangeRateEndpoints
{
    /// <summary>Maps <c>/v1/exchange_rates</c>.</summary>
    public static IEndpointRouteBuilder MapExchangeRates(this IEndpointRouteBuilder routes)
    {
        var group = routes.MapGroup("/v1/exchange_rates").WithTags("Catalogue").RequireOperator();
        group.MapPut("", PutAsync).WithName("PutExchangeRate")
            .WithSummary("Adds or replaces the rate between two currencies from a day on. Operator.")
            .Accepts<ExchangeRateShape>("application/json").Produces<ExchangeRateShape>().Produces<ExchangeRateShape>(201)
            .Refuses(400, 403);
        group.MapGet("", List).WithName("ListExchangeRates").WithSummary("All exchange rates, by currencies, then day. Operator.")
            .Produces<Page<ExchangeRateShape>>().Refuses(400, 403);
        group.MapDelete("/{from}/{to}/{validFrom}", RemoveAsync).WithName("RemoveExchangeRate")
            .WithSummary("Removes the rate between two currencies from a day on. Operator.").Produces(204).Refuses(403, 404);
        return routes;
    }

    private static async Task<IResult> PutAsync(HttpContext context, IMeteringEngine engine, CancellationToken cancellation)
    {
        RawBody body = await RequestBody.ReadRawAsync(context);
        if (body.Refusal is not null)
            return body.Refusal;
        if (!BillingJson.TryReadExchangeRate(body.Utf8, out ExchangeRate? rate, out IReadOnlyList<CatalogFault> faults))
            return CatalogFaults.Refuse(ProblemCodes.InvalidRequest, faults);
        FactPutStatus status = await engine.DirectoryStore.PutExchangeRateAsync(rate, cancellation);
        await engine.Directory.RefreshAsync(cancellation);
        return status == FactPutStatus.Created ? TypedResults.Created("/v1/exchange_rates", ExchangeRateShape.Of(rate))
            : TypedResults.Ok(ExchangeRateShape.Of(rate));
    }

    private static IResult List(IMeteringEngine engine, string? limit, string? cursor) =>
        Paging.Cut(engine.Directory.Catalog.ExchangeRates, ExchangeRateShape.Of, limit, cursor);

    private static async Task<IResult> RemoveAsync(
        string from, string to, string validFrom, IMeteringEngine engine, CancellationToken cancellation)
    {
        bool removed = Currency.TryFind(from, out Currency? of) && Currency.TryFind(to, out Currency? into)
            && DateOnly.TryParseExact(validFrom, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out DateOnly day)
            && await engine.DirectoryStore.RemoveExchangeRateAsync(of, into, day, cancellation);
        if (!removed)
            return Problem.From(ProblemCodes.ExchangeRateNotFound, $"There is no rate from {from} to {to} of {validFrom}.");
        await engine.Directory.RefreshAsync(cancellation);
        return TypedResults.NoContent();
    }
}

/// <summary>It is read by <see cref="BillingJson"/>. From a day on, one unit of a currency is worth this much of another.</summary>
/// <param name="From">ISO 4217.</param>
/// <param name="To">ISO 4217.</param>
/// <param name="Rate">Above 0.</param>
/// <param name="ValidFrom">The first day.</param>
public sealed record ExchangeRateShape(string From, string To, Amount Rate, DateOnly ValidFrom)
{
    internal static ExchangeRateShape Of(ExchangeRate rate) => new(rate.From.Code, rate.To.Code, rate.Rate, rate.ValidFrom);
}
