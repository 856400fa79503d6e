using Metering.Api.Access;
using Metering.Api.Problems;
using Metering.Api.Requests;
using Metering.Api.Usage;
using Metering.Core.Ids;
using Metering.Core.Time;
using Metering.Grid;
using Metering.Grid.Billing;
using Metering.Grid.Directory;
using Metering.Grid.Projects;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Metering.Api.Billing;

/// <summary>What a project's owner wants to see first: where it stands in the running period, and what it will come to.</summary>
public static class DashboardEndpoints
{
    private const int RecentInvoices = 6;

    /// <summary>Maps <c>/v1/billing/{project}/dashboard</c>.</summary>
    public static IEndpointRouteBuilder MapDashboard(this IEndpointRouteBuilder routes)
    {
        routes.MapGet("/v1/billing/{project}/dashboard", ReadAsync).WithTags("Billing").WithName("ReadDashboard")
            .WithSummary("Plan, usage, charges so far and foretold, limits, alerts and the newest invoices of a project. "
                + "Operator, or the customer's key with the scope billing.")
            .Produces<DashboardAnswer>().Refuses(403, 404, 422, 503).RequireScope(KeyScopes.Billing);
        return routes;
    }

    private static async Task<IResult> ReadAsync(
        string project, Caller caller, IMeteringEngine engine, TimeProvider time, CancellationToken cancellation)
    {
        (ProjectEntry? entry, Problem? refusal) = await ProjectAccess.FindAsync(caller, engine, project, cancellation);
        if (entry is null)
            return refusal!;
        IBilling billing = engine.Billing(entry.Customer);
        InvoiceResult draft = await billing.DraftAsync(entry, null, cancellation);
        if (BillingProblems.Of(draft, entry.Id) is { } notPossible)
            return notPossible;
        InvoiceResult forecast = await billing.ForecastAsync(entry, cancellation);
        if (BillingProblems.Of(forecast, entry.Id) is { } notForetold)
            return notForetold;

        ProjectView view = await engine.Project(entry).ReadAsync(cancellation);
        CheckAnswer limits = await engine.Project(entry).CheckAsync(null, cancellation);
        IReadOnlyList<IssuedInvoice> issued = await billing.ListAsync(ProjectId.Parse(entry.Id), cancellation);
        var now = Instant.FromDateTimeOffset(time.GetUtcNow());
        return TypedResults.Ok(new DashboardAnswer(
            entry.Id, view.Plan, view.PlanVersion, draft.Invoice!.PeriodLabel, view.PeriodStart, view.PeriodEnd,
            MeterMembers.Of(view), draft.Invoice.Total, [.. draft.Invoice.Lines.Select(InvoiceLineAnswer.Of)], forecast.Invoice!.Total,
            draft.Invoice.Currency.Code, [.. view.Limits.Select(PlanLimitAnswer.Of)],
            [.. limits.Alerts.Select(alert => UsageRows.Answer(entry.Id, alert, now))],
            [.. issued.Take(RecentInvoices).Select(InvoiceHeadingAnswer.Of)]));
    }
}
