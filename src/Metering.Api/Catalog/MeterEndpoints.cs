using Metering.Api.Access;
using Metering.Api.Problems;
using Metering.Api.Requests;
using Metering.Core.Catalog;
using Metering.Core.Ids;
using Metering.Grid;
using Metering.Grid.Directory;
using Metering.Grid.Ingest;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Metering.Api.Catalog;

/// <summary>Meters: what turns events into quantities. For the operator.</summary>
public static class MeterEndpoints
{
    /// <summary>Maps <c>/v1/meters</c>.</summary>
    public static IEndpointRouteBuilder MapMeters(this IEndpointRouteBuilder routes)
    {
        var group = routes.MapGroup("/v1/meters").WithTags("Catalogue").RequireOperator();
        group.MapPut("/{id}", PutAsync).WithName("PutMeter").WithSummary("Adds a meter, or changes one that was never used. Operator.")
            .Accepts<MeterShape>("application/json").Produces<MeterShape>().Produces<MeterShape>(201).Refuses(400, 403, 409, 422);
        group.MapGet("/{id}", ReadAsync).WithName("ReadMeter").WithSummary("One meter. Operator.").Produces<MeterShape>().Refuses(403, 404);
        group.MapGet("", List).WithName("ListMeters").WithSummary("All meters, by id. Operator.").Produces<Page<MeterShape>>()
            .Refuses(400, 403);
        return routes;
    }

    private static async Task<IResult> PutAsync(string id, HttpContext context, IMeteringEngine engine, CancellationToken cancellation)
    {
        if (!MeterId.TryCreate(id, out MeterId meterId))
            return CatalogFaults.BadId(id);
        RawBody body = await RequestBody.ReadRawAsync(context);
        if (body.Refusal is not null)
            return body.Refusal;
        if (!CatalogJson.TryReadMeter(meterId, body.Utf8, out Meter? meter, out IReadOnlyList<CatalogFault> faults))
            return CatalogFaults.Refuse(ProblemCodes.InvalidMeter, faults);
        if (ReservedMeterIds.Contains(id))
            return CatalogFaults.Refuse(
                ProblemCodes.InvalidMeter,
                [new CatalogFault(CatalogFault.InvalidMeter, "id", "Is the name of a member of usage answers.")]);

        MeterPutStatus status = await engine.DirectoryStore.PutMeterAsync(meter, cancellation);
        if (status == MeterPutStatus.InUse)
            return Problem.From(ProblemCodes.MeterInUse,
                $"Meter '{id}' has counted events and does not change any more; make one of another id.");
        if (status == MeterPutStatus.Conflicts)
            return CatalogFaults.Refuse(ProblemCodes.InvalidMeter, [new CatalogFault(CatalogFault.InvalidMeter, "",
                $"A plan that names the meter would no longer be valid, or {EventShape.MetersMax} meters read its event type already.")]);
        await engine.Directory.RefreshAsync(cancellation);
        var answer = new MeterAnswer(meter);
        return status == MeterPutStatus.Created ? TypedResults.Created($"/v1/meters/{Uri.EscapeDataString(id)}", answer)
            : TypedResults.Ok(answer);
    }

    private static async Task<IResult> ReadAsync(string id, IMeteringEngine engine, CancellationToken cancellation) =>
        await engine.Directory.FindMeterAsync(id, cancellation) is { } meter
            ? TypedResults.Ok(new MeterAnswer(meter))
            : Problem.From(ProblemCodes.MeterNotFound, $"There is no meter '{id}'.");

    private static IResult List(IMeteringEngine engine, string? limit, string? cursor) => Paging.Cut(
        engine.Directory.Catalog.Meters.Values.OrderBy(meter => meter.Id.Value, StringComparer.Ordinal),
        meter => new MeterAnswer(meter), limit, cursor);
}
