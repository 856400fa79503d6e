using System.Globalization;
using Metering.Api.Access;
using Metering.Api.Problems;
using Metering.Api.Requests;
using Metering.Core.Catalog;
using Metering.Core.Ids;
using Metering.Grid;
using Metering.Grid.Directory;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Metering.Api.Catalog;

/// <summary>Plans: what projects pay and how far they may go. For the operator.</summary>
public static class PlanEndpoints
{
    /// <summary>Maps <c>/v1/plans</c>.</summary>
    public static IEndpointRouteBuilder MapPlans(this IEndpointRouteBuilder routes)
    {
        var group = routes.MapGroup("/v1/plans").WithTags("Catalogue").RequireOperator();
        group.MapPut("/{id}", PutAsync).WithName("PutPlan")
            .WithSummary("Adds a plan, or a new version where it says something else than the newest. Operator.")
            .Accepts<PlanShape>("application/json").Produces<PlanShape>().Produces<PlanShape>(201).Refuses(400, 403, 422);
        group.MapGet("", List).WithName("ListPlans").WithSummary("The newest version of every plan, by id. Operator.")
            .Produces<Page<PlanShape>>().Refuses(400, 403);
        group.MapGet("/{id}", ReadAsync).WithName("ReadPlan").WithSummary("One plan, in its newest version or the one asked for. Operator.")
            .Produces<PlanShape>().Refuses(400, 403, 404);
        return routes;
    }

    private static async Task<IResult> PutAsync(string id, HttpContext context, IMeteringEngine engine, CancellationToken cancellation)
    {
        if (!PlanId.TryCreate(id, out PlanId planId))
            return CatalogFaults.BadId(id);
        RawBody body = await RequestBody.ReadRawAsync(context);
        if (body.Refusal is not null)
            return body.Refusal;

        // The plan may name meters that another process has made since the last poll.
        await engine.Directory.RefreshAsync(cancellation);
        int known = engine.Directory.Catalog.TryFindNewestPlan(id, out Plan? newest) ? newest.Version : 0;
        var meters = engine.Directory.Catalog.Meters.Values.ToDictionary(meter => meter.Id);
        if (!CatalogJson.TryReadPlan(planId, known + 1, body.Utf8, meters, out Plan? plan, out IReadOnlyList<CatalogFault> faults))
            return CatalogFaults.Refuse(ProblemCodes.InvalidPlan, faults);

        Plan kept;
        try
        {
            kept = await engine.DirectoryStore.PutPlanAsync(plan, cancellation);
        }
        catch (CatalogConflictException conflict)
        {
            // A meter has changed since this process read the catalogue.
            return CatalogFaults.Refuse(ProblemCodes.InvalidPlan, conflict.Faults);
        }

        await engine.Directory.RefreshAsync(cancellation);
        var answer = new PlanAnswer(kept);
        return kept.Version > known
            ? TypedResults.Created($"/v1/plans/{Uri.EscapeDataString(id)}?version={kept.Version}", answer)
            : TypedResults.Ok(answer);
    }

    private static IResult List(IMeteringEngine engine, string? limit, string? cursor) => Paging.Cut(
        engine.Directory.Catalog.Plans.Values.OrderBy(plan => plan.Id.Value, StringComparer.Ordinal),
        plan => new PlanAnswer(plan), limit, cursor);

    private static async Task<IResult> ReadAsync(
        string id, string? version, IMeteringEngine engine, CancellationToken cancellation)
    {
        int number = 0;
        if (version is not null && !(int.TryParse(version, NumberStyles.None, CultureInfo.InvariantCulture, out number) && number > 0))
            return Refusals.InvalidRequest([new FieldError(null, "version", "Must be a whole number from 1.")]);
        return await engine.Directory.FindPlanAsync(id, version is null ? null : number, cancellation) is { } plan
            ? TypedResults.Ok(new PlanAnswer(plan))
            : Refusals.PlanNotFound(id);
    }
}
