using System.Text.Json;
using Metering.Api.Access;
using Metering.Api.Json;
using Metering.Api.Problems;
using Metering.Api.Requests;
using Metering.Core.Catalog;
using Metering.Core.Money;
using Metering.Core.Time;
using Metering.Grid;
using Metering.Grid.Directory;
using Metering.Grid.History;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Metering.Api.Usage;

/// <summary>Usage of a project: raw events, totals, rows by period, alerts. Reads the projections, which are behind by their lag.</summary>
public static class UsageEndpoints
{
    private const string Reader = "Operator, or the customer's key with the scope read.";

    /// <summary>Maps <c>/v1/usage/{project}</c>, but for <c>check-limits</c>.</summary>
    public static IEndpointRouteBuilder MapUsage(this IEndpointRouteBuilder routes)
    {
        var group = routes.MapGroup("/v1/usage/{project}").WithTags("Usage").RequireScope(KeyScopes.Read);
        group.MapGet("", ListEventsAsync).WithName("ListUsageEvents")
            .WithSummary("Raw events, newest first. " + Reader)
            .Produces<Page<UsageEventAnswer>>().Refuses(400, 403, 404, 503);
        group.MapGet("/summary", SummarizeAsync).WithName("SummarizeUsage")
            .WithSummary("Totals by meter in whole hours; the month so far without dates. " + Reader)
            .Produces<UsageSummaryAnswer>().Refuses(400, 403, 404, 422, 503);
        group.MapGet("/aggregated", AggregateAsync).WithName("AggregateUsage")
            .WithSummary("Totals by hour, day or month of the customer's time zone. " + Reader)
            .Produces<IReadOnlyList<UsageRowAnswer>>().Refuses(400, 403, 404, 422, 503);
        group.MapGet("/alerts", ListAlertsAsync).WithName("ListAlerts")
            .WithSummary("Alerts, newest first; the next page's cursor is in the header Link. " + Reader)
            .Produces<IReadOnlyList<AlertAnswer>>().Refuses(400, 403, 404, 503);
        return routes;
    }

    private static async Task<IResult> ListEventsAsync(
        string project, Caller caller, IMeteringEngine engine, string? start, string? end, string? type, string? limit,
        string? page, string? cursor, CancellationToken cancellation)
    {
        (ProjectEntry? entry, Problem? refusal) = await ProjectAccess.FindAsync(caller, engine, project, cancellation);
        if (entry is null)
            return refusal!;
        List<FieldError> faults = [];
        TimeZoneInfo zone = UsageSource.ZoneOf(entry.Customer);
        Instant? from = DateRanges.Start("start", start, zone, faults);
        Instant? to = DateRanges.End("end", end, zone, faults);
        Paging paging = Paging.Read(limit, page, cursor, faults);
        if (faults.Count > 0)
            return Refusals.InvalidRequest(faults);

        var query = new EventQuery(
            entry.Customer.Partition, entry.Customer.Id, entry.Id, from, to, type, paging.Limit, paging.Offset, paging.Cursor);
        HistoryPage<UsageEventRow>? found = await HistoryCursor.ReadAsync(() => engine.History.ReadEventsAsync(query, cancellation));
        return found is null
            ? HistoryCursor.Refusal
            : TypedResults.Ok(new Page<UsageEventAnswer>(
                [.. found.Rows.Select(row => Answer(row, engine.Directory.Catalog))], found.NextCursor));
    }

    private static async Task<IResult> SummarizeAsync(
        string project, Caller caller, IMeteringEngine engine, TimeProvider time, string? start_date, string? end_date,
        CancellationToken cancellation)
    {
        (ProjectEntry? entry, Problem? refusal) = await ProjectAccess.FindAsync(caller, engine, project, cancellation);
        if (entry is null)
            return refusal!;
        List<FieldError> faults = [];
        var now = Instant.FromDateTimeOffset(time.GetUtcNow());
        if (DateRanges.Read(("start_date", start_date), ("end_date", end_date), UsageSource.ZoneOf(entry.Customer), now,
            faults) is not { } range)
            return Refusals.InvalidRequest(faults);

        UsageSource source = await UsageSource.OpenAsync(engine, entry, cancellation);
        range = range with { Start = Calendar.HourOf(range.Start, source.Zone).Start };
        var report = new UsageReport(engine.Directory.Catalog.Meters, range.Start, _ => range, null);
        await source.AddToAsync(report, range, null, cancellation);
        ReportRow total = report.Rows is [var row] ? row : new ReportRow(range, null);
        Dictionary<string, JsonElement> members = MeterMembers.Of(total.Meters);
        if (range.Start == source.View.PeriodStart && range.End >= now && range.End <= source.View.PeriodEnd)
            MeterMembers.AddUnique(members, source.View, engine.Directory.Catalog.Meters);
        return TypedResults.Ok(new UsageSummaryAnswer(entry.Id, null, range.Start, range.End, total.Cost, source.Plan.Currency.Code)
        {
            Meters = members,
        });
    }

    private static async Task<IResult> AggregateAsync(
        string project, Caller caller, IMeteringEngine engine, TimeProvider time, string? period, string? start, string? end, string? meter,
        string? group_by, CancellationToken cancellation)
    {
        (ProjectEntry? entry, Problem? refusal) = await ProjectAccess.FindAsync(caller, engine, project, cancellation);
        if (entry is null)
            return refusal!;
        AggregationQuery query = AggregationQuery.Read(
            (period, start, end, meter, group_by), UsageSource.ZoneOf(entry.Customer), Instant.FromDateTimeOffset(time.GetUtcNow()),
            engine.Directory.Catalog.Meters);
        if (query.Faults.Count > 0)
            return Refusals.InvalidRequest(query.Faults);

        UsageSource source = await UsageSource.OpenAsync(engine, entry, cancellation);
        var report = new UsageReport(
            engine.Directory.Catalog.Meters, query.Range.Start, at => Calendar.PeriodOf(query.Kind, at, source.Zone), group_by);
        await source.AddToAsync(report, query.Range, query.Meters, cancellation);
        return TypedResults.Ok<IReadOnlyList<UsageRowAnswer>>(
            [.. report.Rows.Select(row => UsageRows.Answer(entry.Id, query.Word, source.Plan.Currency, row))]);
    }

    private static async Task<IResult> ListAlertsAsync(
        string project, HttpContext context, Caller caller, IMeteringEngine engine, string? start, string? end,
        string? limit, string? cursor, CancellationToken cancellation)
    {
        (ProjectEntry? entry, Problem? refusal) = await ProjectAccess.FindAsync(caller, engine, project, cancellation);
        if (entry is null)
            return refusal!;
        List<FieldError> faults = [];
        TimeZoneInfo zone = UsageSource.ZoneOf(entry.Customer);
        Instant? from = DateRanges.Start("start", start, zone, faults);
        Instant? to = DateRanges.End("end", end, zone, faults);
        Paging paging = Paging.Read(limit, null, cursor, faults);
        if (faults.Count > 0)
            return Refusals.InvalidRequest(faults);

        var query = new AlertQuery(entry.Customer.Partition, entry.Id, from, to, paging.Limit, paging.Cursor);
        HistoryPage<AlertRow>? found = await HistoryCursor.ReadAsync(() => engine.History.ReadAlertsAsync(query, cancellation));
        if (found is null)
            return HistoryCursor.Refusal;
        if (found.NextCursor is { } next)
        {
            // The next page is one of the same list: with the same ends.
            KeyValuePair<string, string?>[] parameters =
                [new("start", start), new("end", end), new("limit", $"{paging.Limit}"), new("cursor", next)];
            context.Response.Headers.Link =
                $"<{context.Request.Path}{QueryString.Create(parameters.Where(pair => pair.Value is not null))}>; rel=\"next\"";
        }

        return TypedResults.Ok<IReadOnlyList<AlertAnswer>>([.. found.Rows.Select(UsageRows.Answer)]);
    }

    private static UsageEventAnswer Answer(UsageEventRow row, CatalogSnapshot catalog)
    {
        Plan? plan = catalog.TryFindPlan(row.Plan, row.PlanVersion, out Plan? found) ? found : null;
        Amount? cost = plan is null ? null : EventCost.Of(row.Credits, plan);
        bool isUsd = plan?.Currency.Code == "USD";
        return new UsageEventAnswer(
            row.Id, row.Source, row.Type, row.ProjectId, row.CustomerId, row.Time, row.At, JsonElement.Parse(row.Data), row.Credits,
            isUsd ? Number(cost) : null, isUsd ? null : Number(cost), isUsd || cost is null ? null : plan!.Currency.Code);
    }

    private static ExactNumber? Number(Amount? amount) => amount is { } value ? value : null;
}
