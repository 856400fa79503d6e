using Metering.Api.Access;
using Metering.Api.Problems;
using Metering.Api.Requests;
using Metering.Core.Money;
using Metering.Core.Time;
using Metering.Grid;
using Metering.Grid.Directory;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Metering.Api.Usage;

/// <summary>Usage over all projects of a customer.</summary>
public static class CustomerUsageEndpoints
{
    /// <summary>Maps <c>/api/v1/usage/summary/{customer}</c>.</summary>
    public static IEndpointRouteBuilder MapCustomerUsage(this IEndpointRouteBuilder routes)
    {
        routes.MapGet("/api/v1/usage/summary/{customer}", SummarizeAsync).WithTags("Usage").WithName("SummarizeCustomerUsage")
            .WithSummary("Totals by meter over all the customer's projects, in whole hours. "
                + "Operator, or the customer's key with the scope read.")
            .Produces<UsageSummaryAnswer>().Refuses(400, 403, 404, 422, 503).RequireScope(KeyScopes.Read);
        return routes;
    }

    private static async Task<IResult> SummarizeAsync(
        string customer, Caller caller, IMeteringEngine engine, TimeProvider time, string? start_date, string? end_date,
        CancellationToken cancellation)
    {
        (CustomerEntry? entry, Problem? refusal) = await ProjectAccess.FindCustomerAsync(caller, engine, customer, cancellation);
        if (entry is null)
            return refusal!;
        List<FieldError> faults = [];
        TimeZoneInfo zone = UsageSource.ZoneOf(entry);
        var now = Instant.FromDateTimeOffset(time.GetUtcNow());
        if (DateRanges.Read(("start_date", start_date), ("end_date", end_date), zone, now, faults) is not { } range)
            return Refusals.InvalidRequest(faults);

        range = range with { Start = Calendar.HourOf(range.Start, zone).Start };
        var report = new UsageReport(engine.Directory.Catalog.Meters, range.Start, _ => range, null);
        var currencies = new HashSet<Currency>();
        foreach (ProjectRecord record in await engine.DirectoryStore.ListProjectsAsync(entry.Id, cancellation))
        {
            if (await engine.Directory.FindProjectAsync(record.Id, cancellation) is not { } project)
                continue;
            UsageSource source = await UsageSource.OpenAsync(engine, project, cancellation);
            currencies.Add(source.Plan.Currency);
            await source.AddToAsync(report, range, null, cancellation);
        }

        ReportRow total = report.Rows is [var row] ? row : new ReportRow(range, null);
        bool isOne = currencies.Count == 1;
        return TypedResults.Ok(new UsageSummaryAnswer(
            null, entry.Id, range.Start, range.End, isOne && total.Cost is { } cost ? cost : null, isOne ? currencies.First().Code : null)
        {
            Meters = MeterMembers.Of(total.Meters),
        });
    }
}
