using Metering.Api.Catalog;
using Metering.Core.Catalog;
using Metering.Core.Time;
using Metering.Grid;
using Metering.Grid.Directory;
using Metering.Grid.History;
using Metering.Grid.Projects;

namespace Metering.Api.Usage;

/// <summary>
/// Gathers what a report of a project is made of: its plan and running billing period from the partition, its hours from the projections.
/// </summary>
internal sealed class UsageSource
{
    private readonly IMeteringEngine engine;
    private readonly ProjectEntry project;
    private readonly BillingAnchor anchor;

    private UsageSource(IMeteringEngine engine, ProjectEntry project, ProjectView view, Plan plan)
    {
        this.engine = engine;
        this.project = project;
        View = view;
        Plan = plan;
        Zone = ZoneOf(project.Customer);
        anchor = BillingAnchor.Of(plan.Interval, project.Customer.Record.BillingAnchorDay);
    }

    /// <summary>The project as its partition has it.</summary>
    public ProjectView View { get; }

    /// <summary>The plan version it is on.</summary>
    public Plan Plan { get; }

    /// <summary>The customer's time zone.</summary>
    public TimeZoneInfo Zone { get; }

    /// <summary>Reads the project.</summary>
    /// <exception cref="InvalidOperationException">The project is on a plan version that the catalogue lacks: broken data.</exception>
    public static async ValueTask<UsageSource> OpenAsync(IMeteringEngine engine, ProjectEntry project, CancellationToken cancellation)
    {
        ProjectView view = await engine.Project(project).ReadAsync(cancellation);
        if (await engine.Directory.FindPlanAsync(view.Plan, view.PlanVersion, cancellation) is not { } plan)
            throw new InvalidOperationException(
                $"Project '{project.Id}' is on version {view.PlanVersion} of plan '{view.Plan}', which the catalogue lacks.");
        return new UsageSource(engine, project, view, plan);
    }

    /// <summary>The time zone of a customer, which was checked when it was made.</summary>
    public static TimeZoneInfo ZoneOf(CustomerEntry customer) =>
        TimeZones.TryFind(customer.Record.TimeZone, out TimeZoneInfo? zone)
            ? zone
            : throw new InvalidOperationException(
                $"Customer '{customer.Id}' is in time zone '{customer.Record.TimeZone}', which this machine lacks.");

    /// <summary>The billing period around an instant.</summary>
    public Period BillingPeriodOf(Instant at) => Calendar.BillingPeriodOf(at, Zone, anchor);

    /// <summary>Adds the project's hours of a stretch of time to a report; also reads those before it in the billing period, which prices
    /// depend on.</summary>
    public async ValueTask AddToAsync(UsageReport report, Period range, IReadOnlyList<string>? meters, CancellationToken cancellation)
    {
        var query = new HourQuery(
            project.Customer.Partition, project.Customer.Id, project.Id, BillingPeriodOf(range.Start).Start, range.End, meters);
        report.Add(Plan, BillingPeriodOf, await engine.History.ReadHoursAsync(query, cancellation));
    }
}
