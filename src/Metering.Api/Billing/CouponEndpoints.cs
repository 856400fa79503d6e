using Metering.Api.Access;
using Metering.Api.Catalog;
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

namespace Metering.Api.Billing;

/// <summary>Coupons: kept in the catalogue, and given to customers, whose invoices use them.</summary>
public static class CouponEndpoints
{
    /// <summary>Maps <c>/v1/coupons</c> and <c>/v1/customers/{customer}/coupons</c>.</summary>
    public static IEndpointRouteBuilder MapCoupons(this IEndpointRouteBuilder routes)
    {
        var catalogue = routes.MapGroup("/v1/coupons").WithTags("Catalogue").RequireOperator();
        catalogue.MapPut("/{id}", PutAsync).WithName("PutCoupon")
            .WithSummary("Adds or replaces a coupon; customers who have it keep it as it was. Operator.")
            .Accepts<CouponShape>("application/json").Produces<CouponShape>().Produces<CouponShape>(201).Refuses(400, 403);
        catalogue.MapGet("", List).WithName("ListCoupons").WithSummary("All coupons, by id. Operator.")
            .Produces<Page<CouponShape>>().Refuses(400, 403);
        catalogue.MapGet("/{id}", Read).WithName("ReadCoupon").WithSummary("One coupon. Operator.")
            .Produces<CouponShape>().Refuses(403, 404);
        catalogue.MapDelete("/{id}", RemoveAsync).WithName("RemoveCoupon")
            .WithSummary("Takes a coupon out of the catalogue; customers who have it keep it. Operator.")
            .Produces(204).Refuses(403, 404);

        var given = routes.MapGroup("/v1/customers/{customer}/coupons").WithTags("Billing");
        given.MapPost("", ApplyAsync).WithName("ApplyCoupon").WithSummary("Gives a customer a coupon, as it is now. Operator.")
            .Accepts<ApplyCouponRequest>("application/json").Produces<Page<AppliedCouponShape>>(201)
            .Refuses(400, 403, 404, 409, 422, 503).RequireOperator();
        given.MapGet("", ListAppliedAsync).WithName("ListCustomerCoupons")
            .WithSummary("A customer's coupons in the order in which they are used, those that are used up among them. "
                + "Operator, or the customer's key with the scope billing.")
            .Produces<Page<AppliedCouponShape>>().Refuses(400, 403, 404, 503).RequireScope(KeyScopes.Billing);
        given.MapDelete("/{id}", TakeAsync).WithName("RemoveCustomerCoupon")
            .WithSummary("Takes a coupon from a customer; invoices that used it stay as they are. Operator.")
            .Produces(204).Refuses(403, 404, 503).RequireOperator();
        return routes;
    }

    private static async Task<IResult> PutAsync(string id, HttpContext context, IMeteringEngine engine, CancellationToken cancellation)
    {
        if (!CouponId.TryCreate(id, out CouponId couponId))
            return CatalogFaults.BadId(id);
        RawBody body = await RequestBody.ReadRawAsync(context);
        if (body.Refusal is not null)
            return body.Refusal;
        if (!BillingJson.TryReadCoupon(couponId, body.Utf8, out Coupon? coupon, out IReadOnlyList<CatalogFault> faults))
            return CatalogFaults.Refuse(ProblemCodes.InvalidRequest, faults);
        FactPutStatus status = await engine.DirectoryStore.PutCouponAsync(coupon, cancellation);
        await engine.Directory.RefreshAsync(cancellation);
        return status == FactPutStatus.Created
            ? TypedResults.Created($"/v1/coupons/{Uri.EscapeDataString(id)}", new CouponAnswer(coupon))
            : TypedResults.Ok(new CouponAnswer(coupon));
    }

    private static IResult List(IMeteringEngine engine, string? limit, string? cursor) => Paging.Cut(
        engine.Directory.Catalog.Coupons.Values.OrderBy(coupon => coupon.Id), coupon => new CouponAnswer(coupon), limit, cursor);

    private static IResult Read(string id, IMeteringEngine engine) =>
        engine.Directory.Catalog.Coupons.TryGetValue(id, out Coupon? coupon)
            ? TypedResults.Ok(new CouponAnswer(coupon))
            : BillingProblems.CouponNotFound(id);

    private static async Task<IResult> RemoveAsync(string id, IMeteringEngine engine, CancellationToken cancellation)
    {
        bool removed = CouponId.TryCreate(id, out CouponId coupon)
            && await engine.DirectoryStore.RemoveCouponAsync(coupon, cancellation);
        if (!removed)
            return BillingProblems.CouponNotFound(id);
        await engine.Directory.RefreshAsync(cancellation);
        return TypedResults.NoContent();
    }

    private static async Task<IResult> ApplyAsync(
        string customer, HttpContext context, Caller caller, IMeteringEngine engine, CancellationToken cancellation)
    {
        (CustomerEntry? entry, Problem? refusal) = await ProjectAccess.FindCustomerAsync(caller, engine, customer, cancellation);
        if (entry is null)
            return refusal!;
        Body<ApplyCouponRequest> body = await RequestBody.ReadAsync(context, ApplyCouponRequest.Read);
        if (body.Value is not { } request)
            return body.Refusal!;
        var billing = engine.Billing(entry);
        var code = await billing.ApplyCouponAsync(CouponId.Parse(request.Coupon), cancellation);
        return BillingProblems.Of(code, request.Coupon) is { } problem
            ? problem
            : TypedResults.Created(
                $"/v1/customers/{Uri.EscapeDataString(entry.Id)}/coupons", PageOf(await billing.ListCouponsAsync(cancellation)));
    }

    private static async Task<IResult> ListAppliedAsync(
        string customer, Caller caller, IMeteringEngine engine, string? limit, string? cursor, CancellationToken cancellation)
    {
        (CustomerEntry? entry, Problem? refusal) = await ProjectAccess.FindCustomerAsync(caller, engine, customer, cancellation);
        if (entry is null)
            return refusal!;
        return Paging.Cut(await engine.Billing(entry).ListCouponsAsync(cancellation), AppliedCouponAnswer.Of, limit, cursor);
    }

    private static async Task<IResult> TakeAsync(
        string customer, string id, Caller caller, IMeteringEngine engine, CancellationToken cancellation)
    {
        (CustomerEntry? entry, Problem? refusal) = await ProjectAccess.FindCustomerAsync(caller, engine, customer, cancellation);
        if (entry is null)
            return refusal!;
        if (!CouponId.TryCreate(id, out CouponId coupon))
            return BillingProblems.CouponNotFound(id);
        var code = await engine.Billing(entry).RemoveCouponAsync(coupon, cancellation);
        return BillingProblems.Of(code, id) is { } problem ? problem : TypedResults.NoContent();
    }

    private static Page<AppliedCouponAnswer> PageOf(IReadOnlyList<AppliedCoupon> coupons) =>
        new([.. coupons.Select(AppliedCouponAnswer.Of)], null);
}
