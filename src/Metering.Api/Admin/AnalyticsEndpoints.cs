using System.Globalization;
using Metering.Api.Access;
using Metering.Api.Customers;
using Metering.Api.Problems;
using Metering.Api.Requests;
using Metering.Core.Money;
using Metering.Core.Time;
using Metering.Grid;
using Metering.Grid.Directory;
using Metering.Grid.History;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Calendar = Metering.Core.Time.Calendar;

namespace Metering.Api.Admin;

/// <summary>The operator's view over all customers.</summary>
public static class AnalyticsEndpoints
{
    private const int TopCustomers = 5;
    private static readonly string[] sorts = ["id", "name", "email", "plan", "created_at"];

    /// <summary>Maps <c>/api/admin/analytics</c>.</summary>
    public static IEndpointRouteBuilder MapAnalytics(this IEndpointRouteBuilder routes)
    {
        var group = routes.MapGroup("/api/admin/analytics").WithTags("Admin").RequireOperator();
        group.MapGet("/overview", OverviewAsync).WithName("ReadOverview")
            .WithSummary("Customers by plan, monthly recurring revenue, invoiced and overage revenue of a month, events of the running "
                + "month, the five customers who pay most. Operator.")
            .Produces<OverviewAnswer>().Refuses(400, 403, 503);
        group.MapGet("/users", ListAsync).WithName("ListUsers")
            .WithSummary("Customers, each with its usage of the running billing period and what it was invoiced. Operator.")
            .Produces<UserListAnswer>().Refuses(400, 403, 503);
        return routes;
    }

    private static async Task<IResult> OverviewAsync(
        IMeteringEngine engine, TimeProvider time, string? month, string? currency, CancellationToken cancellation)
    {
        List<FieldError> faults = [];
        DateOnly today = Calendar.LocalDate(Instant.FromDateTimeOffset(time.GetUtcNow()), TimeZoneInfo.Utc);
        DateOnly? asked = ReadMonth(month, faults);
        if (currency is not null && !Currency.TryFind(currency, out Currency? _))
            faults.Add(new FieldError(null, "currency", "Must be a currency code of ISO 4217, such as USD."));
        if (faults.Count > 0)
            return Refusals.InvalidRequest(faults);

        DateOnly running = new(today.Year, today.Month, 1);
        DateOnly shown = asked ?? running.AddMonths(-1);
        IReadOnlyList<PlanUsers> users = await engine.DirectoryStore.CountCustomersAsync(cancellation);
        IReadOnlyList<RevenueRow> revenue = await engine.InvoiceHistory.SumAsync(
            new RevenueQuery(shown, shown.AddMonths(1), false, false, 1_000), cancellation);
        IReadOnlyList<RevenueRow> top = await engine.InvoiceHistory.SumAsync(
            new RevenueQuery(shown, shown.AddMonths(1), false, true, TopCustomers), cancellation);
        long events = await engine.InvoiceHistory.CountEventsAsync(running, running.AddMonths(1), cancellation);
        return TypedResults.Ok(Overview.Of(engine.Directory.Catalog, currency, today, shown, users, revenue, top, events));
    }

    private static async Task<IResult> ListAsync(
        IMeteringEngine engine, string? plan, string? status, string? search, string? sort, string? order, string? limit, string? page,
        string? cursor, CancellationToken cancellation)
    {
        List<FieldError> faults = [];
        Paging paging = Paging.Read(limit, page, cursor, faults);
        int offset = paging.ReadOffset(faults);
        if (status is not null && !StatusWords.All.Any(pair => pair.Word == status))
            faults.Add(new FieldError(null, "status", $"Must be one of {string.Join(", ", StatusWords.All.Select(pair => pair.Word))}."));
        if (sort is not null && !sorts.Contains(sort))
            faults.Add(new FieldError(null, "sort", $"Must be one of {string.Join(", ", sorts)}."));
        if (order is not (null or "asc" or "desc"))
            faults.Add(new FieldError(null, "order", "Must be asc or desc."));
        if (faults.Count > 0)
            return Refusals.InvalidRequest(faults);

        CustomerPage found = await engine.DirectoryStore.ListCustomersAsync(
            new CustomerQuery(
                plan, status is null ? null : StatusWords.Find(status), search, sort ?? "created_at",
                order == "desc" || (order is null && sort is null), offset, paging.Limit),
            cancellation);
        IReadOnlyList<UserAnswer> rows = await UserReport.OfAsync(engine, found.Customers, cancellation);
        int next = offset + rows.Count;
        return TypedResults.Ok(new UserListAnswer(
            rows, next < found.Total && rows.Count > 0 ? Paging.CursorOf(next) : null, found.Total));
    }

    private static DateOnly? ReadMonth(string? month, List<FieldError> faults)
    {
        if (month is null)
            return null;
        if (DateOnly.TryParseExact(month + "-01", "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out DateOnly first)
            && first.Year is > 1900 and < 9000)
            return first;
        faults.Add(new FieldError(null, "month", "Must be a month, such as 2025-01."));
        return null;
    }
}
