using Metering.Api.Json;
using Metering.Core.Time;
using Metering.Grid.Directory;
using Metering.Grid.Projects;

namespace Metering.Api.Customers;

/// <summary>The body of <c>POST /v1/customers/{id}/projects</c>.</summary>
/// <param name="Id">The project's id, unlike that of every other project and customer; made up where it is absent.</param>
/// <param name="Name">What it is called.</param>
/// <param name="Plan">The plan, in its newest version; the customer's where it is absent.</param>
public sealed record CreateProjectRequest(string? Id, string Name, string? Plan)
{
    internal static CreateProjectRequest? Read(BodyObject body)
    {
        var id = body.Id("id");
        var name = body.Text("name", required: true);
        var plan = body.Id("plan");
        return name is null ? null : new CreateProjectRequest(id, name, plan);
    }
}

/// <summary>The body of <c>PUT /v1/projects/{id}/plan</c>.</summary>
/// <param name="Plan">The plan to move to.</param>
/// <param name="Version">Its version; the newest where it is absent.</param>
/// <param name="When"><c>now</c> or <c>next_period</c>; now where it is absent.</param>
public sealed record ChangePlanRequest(string Plan, int? Version, string When)
{
    private static readonly IReadOnlyList<(string, PlanChangeTime)> Words =
        [("now", PlanChangeTime.Now), ("next_period", PlanChangeTime.NextPeriod)];

    internal PlanChangeTime Time { get; private init; }

    internal static ChangePlanRequest? Read(BodyObject body)
    {
        var plan = body.Id("plan", required: true);
        var version = body.Whole("version", 1, int.MaxValue);
        var when = body.Word("when", Words) ?? PlanChangeTime.Now;
        return plan is null ? null
            : new ChangePlanRequest(plan, version, when == PlanChangeTime.Now ? "now" : "next_period") { Time = when };
    }
}

/// <summary>A project as the directory lists it.</summary>
public sealed record ProjectAnswer(string Id, string CustomerId, string Name, string Plan, int PlanVersion, Instant CreatedAt)
{
    internal static ProjectAnswer Of(ProjectRecord record) =>
        new(record.Id, record.CustomerId, record.Name, record.Plan, record.PlanVersion, record.CreatedAt);
}

/// <summary>A project as its partition has it now.</summary>
/// <param name="Id">The project.</param>
/// <param name="CustomerId">Who pays.</param>
/// <param name="Name">What it is called.</param>
/// <param name="Plan">The plan it is on.</param>
/// <param name="PlanVersion">Its version.</param>
/// <param name="NextPlan">The plan from the next billing period on, where it changes.</param>
/// <param name="NextPlanVersion">Its version.</param>
/// <param name="PeriodStart">The start of the running billing period.</param>
/// <param name="PeriodEnd">Its end.</param>
/// <param name="CreatedAt">When it was made.</param>
public sealed record ProjectDetailAnswer(
    string Id, string CustomerId, string Name, string Plan, int PlanVersion, string? NextPlan, int? NextPlanVersion, Instant PeriodStart,
    Instant PeriodEnd, Instant CreatedAt)
{
    internal static ProjectDetailAnswer Of(ProjectRecord record, ProjectView view) => new(
        record.Id, record.CustomerId, record.Name, view.Plan, view.PlanVersion, view.NextPlan,
        view.NextPlan is null ? null : view.NextPlanVersion,
        view.PeriodStart, view.PeriodEnd, record.CreatedAt);
}
