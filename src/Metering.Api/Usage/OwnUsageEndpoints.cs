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
using Metering.Grid.Projects;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Metering.Api.Usage;

/// <summary>What a customer asks about itself: the default project of the key's customer. An operator's key names one with
/// <c>customer</c>.</summary>
public static class OwnUsageEndpoints
{
    /// <summary>Maps <c>/api/usage</c>.</summary>
    public static IEndpointRouteBuilder MapOwnUsage(this IEndpointRouteBuilder routes)
    {
        var group = routes.MapGroup("/api/usage").WithTags("Usage").RequireScope(KeyScopes.Read);
        group.MapGet("/current", ReadCurrentAsync).WithName("ReadCurrentUsage")
            .WithSummary("The running period against its limit. A key with the scope read.")
            .Produces<CurrentUsageAnswer>().Refuses(400, 403, 404, 503);
        group.MapGet("/history", ReadHistoryAsync).WithName("ReadUsageHistory")
            .WithSummary("A row a day, oldest first, today among them. A key with the scope read.")
            .Produces<IReadOnlyList<UsageDayAnswer>>().Refuses(400, 403, 404, 422, 503);
        group.MapGet("/endpoints", ReadEndpointsAsync).WithName("ReadEndpointUsage")
            .WithSummary("API calls by endpoint and method, most called first. A key with the scope read.")
            .Produces<IReadOnlyList<EndpointUsageAnswer>>().Refuses(400, 403, 404, 422, 503);
        group.MapGet("/overage", ReadOverageAsync).WithName("ReadOverage")
            .WithSummary("Usage beyond what the plan includes in the running billing period. A key with the scope read.")
            .Produces<OverageAnswer>().Refuses(400, 403, 404, 503);
        return routes;
    }

    private static async Task<IResult> ReadCurrentAsync(
        Caller caller, IMeteringEngine engine, string? customer, CancellationToken cancellation)
    {
        (ProjectEntry? project, Problem? refusal) = await FindAsync(caller, engine, customer, cancellation);
        if (project is null)
            return refusal!;
        UsageSource source = await UsageSource.OpenAsync(engine, project, cancellation);
        ProjectView view = source.View;
        if (OwnUsage.MainLimit(view.Limits) is { } limit)
        {
            Amount? remaining = limit.Max is { } max ? Amount.Max(max - limit.Used, Amount.Zero) : null;
            return TypedResults.Ok(new CurrentUsageAnswer(
                OwnUsage.Label(limit.Period, limit.PeriodStart, source.Zone), limit.PeriodStart, limit.PeriodEnd, limit.Meter, limit.Used,
                Number(limit.Max), Number(remaining), limit.Max is { } whole ? Percentages.Of(limit.Used, whole) : null, view.Plan));
        }

        Meter? meter = MainMeter(engine.Directory.Catalog, source.Plan);
        Amount used = meter is null ? Amount.Zero : OwnUsage.Used(view, meter.Id.Value);
        return TypedResults.Ok(new CurrentUsageAnswer(
            OwnUsage.Label(PeriodKind.Billing, view.PeriodStart, source.Zone), view.PeriodStart, view.PeriodEnd, meter?.Id.Value
                ?? "", used, null, null, null,
            view.Plan));
    }

    private static async Task<IResult> ReadHistoryAsync(
        Caller caller, IMeteringEngine engine, TimeProvider time, string? days, string? customer, CancellationToken cancellation)
    {
        (ProjectEntry? project, Problem? refusal) = await FindAsync(caller, engine, customer, cancellation);
        if (project is null)
            return refusal!;
        List<FieldError> faults = [];
        int count = Paging.Whole("days", days, 30, 366, faults);
        if (faults.Count > 0)
            return Refusals.InvalidRequest(faults);

        UsageSource source = await UsageSource.OpenAsync(engine, project, cancellation);
        (Period range, DateOnly first) = LastDays(time, source.Zone, count);
        var report = new UsageReport(engine.Directory.Catalog.Meters, range.Start, at => Calendar.DayOf(at, source.Zone), null);
        await source.AddToAsync(report, range, null, cancellation);
        var rows = report.Rows.ToDictionary(row => row.Period.Start);
        return TypedResults.Ok<IReadOnlyList<UsageDayAnswer>>([.. Enumerable.Range(0, count).Select(first.AddDays)
            .Select(day => Answer(day, rows.GetValueOrDefault(Calendar.StartOf(day, source.Zone))))]);
    }

    private static async Task<IResult> ReadEndpointsAsync(
        Caller caller, IMeteringEngine engine, TimeProvider time, string? days, string? customer, CancellationToken cancellation)
    {
        (ProjectEntry? project, Problem? refusal) = await FindAsync(caller, engine, customer, cancellation);
        if (project is null)
            return refusal!;
        List<FieldError> faults = [];
        int count = Paging.Whole("days", days, 7, 366, faults);
        if (faults.Count > 0)
            return Refusals.InvalidRequest(faults);

        (Period range, _) = LastDays(time, UsageSource.ZoneOf(project.Customer), count);
        IReadOnlyList<UsageHourRow> hours = await engine.History.ReadHoursAsync(
            new HourQuery(
                project.Customer.Partition, project.Customer.Id, project.Id, range.Start, range.End,
                [ApiCallMeters.Calls, ApiCallMeters.Failed, ApiCallMeters.ResponseTime]),
            cancellation);
        return TypedResults.Ok(EndpointTotals.Of(hours));
    }

    private static async Task<IResult> ReadOverageAsync(
        Caller caller, IMeteringEngine engine, string? customer, CancellationToken cancellation)
    {
        (ProjectEntry? project, Problem? refusal) = await FindAsync(caller, engine, customer, cancellation);
        if (project is null)
            return refusal!;
        UsageSource source = await UsageSource.OpenAsync(engine, project, cancellation);
        Currency currency = source.Plan.Currency;
        if (OwnUsage.OverageCharge(source.Plan) is not { } charge
            || !engine.Directory.Catalog.Meters.TryGetValue(charge.Meter.Value, out Meter? meter))
            return TypedResults.Ok(new OverageAnswer(
                Amount.Zero, Amount.Zero, Amount.Zero, Amount.Zero, currency.Code, $"Plan '{source.View.Plan}' has no overage."));
        Amount used = OwnUsage.Used(source.View, meter.Id.Value);
        Amount overage = Amount.Max(used - charge.Included, Amount.Zero);
        Amount? cost = OwnUsage.OverageCost(charge, used, currency);
        return TypedResults.Ok(new OverageAnswer(
            charge.Included, used, overage, Number(cost), currency.Code, OwnUsage.Message(used, charge.Included, overage, cost, currency)));
    }

    private static async ValueTask<(ProjectEntry? Project, Problem? Refusal)> FindAsync(
        Caller caller, IMeteringEngine engine, string? customer, CancellationToken cancellation)
    {
        string? id = customer ?? caller.CustomerId;
        if (id is null)
            return (null, Refusals.InvalidRequest([new FieldError(null, "customer", "Is required with an operator's key.")]));
        return await ProjectAccess.FindAsync(caller, engine, id, cancellation);
    }

    /// <summary>The last days of the customer's time zone, today among them.</summary>
    private static (Period Range, DateOnly First) LastDays(TimeProvider time, TimeZoneInfo zone, int count)
    {
        DateOnly today = Calendar.LocalDate(Instant.FromDateTimeOffset(time.GetUtcNow()), zone);
        DateOnly first = today.AddDays(1 - count);
        return (new Period(Calendar.StartOf(first, zone), Calendar.StartOf(today.AddDays(1), zone)), first);
    }

    private static UsageDayAnswer Answer(DateOnly day, ReportRow? row) => row is null
        ? new UsageDayAnswer(day, Amount.Zero, Amount.Zero, null, Amount.Zero)
        : new UsageDayAnswer(
            day, UsageRows.QuantityOf(row, ApiCallMeters.Calls) ?? Amount.Zero, UsageRows.QuantityOf(row, ApiCallMeters.Failed)
                ?? Amount.Zero,
            UsageRows.QuantityOf(row, ApiCallMeters.ResponseTime), Number(row.Cost))
        {
            // The member for API calls has the name that their meter has in the shipped catalogue: it is there once.
            Meters = MeterMembers.Of(row.Meters.Where(meter => meter.Key != ApiCallMeters.Calls)),
        };

    /// <summary>API calls where the catalogue has them, else the first meter that the plan charges.</summary>
    private static Meter? MainMeter(CatalogSnapshot catalog, Plan plan) =>
        plan.Charges.Any(charge => charge.Meter.Value == ApiCallMeters.Billable)
            && catalog.Meters.TryGetValue(ApiCallMeters.Billable, out Meter? calls)
            ? calls
            : plan.Charges.Select(charge => catalog.Meters.GetValueOrDefault(charge.Meter.Value))
                .FirstOrDefault(meter => meter is not null);

    private static ExactNumber? Number(Amount? amount) => amount is { } value ? value : null;
}
