using Metering.Api.Access;
using Metering.Api.Catalog;
using Metering.Api.Problems;
using Metering.Api.Requests;
using Metering.Core.Time;
using Metering.Grid;
using Metering.Grid.Directory;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Metering.Api.Customers;

/// <summary>Projects: scopes of usage, each on a plan.</summary>
public static class ProjectEndpoints
{
    /// <summary>Maps <c>/v1/customers/{id}/projects</c> and <c>/v1/projects</c>.</summary>
    public static IEndpointRouteBuilder MapProjects(this IEndpointRouteBuilder routes)
    {
        var group = routes.MapGroup("/v1").WithTags("Projects");
        group.MapPost("/customers/{id}/projects", CreateAsync).WithName("CreateProject")
            .WithSummary("Adds a project to a customer. Operator.")
            .Accepts<CreateProjectRequest>("application/json").Produces<ProjectAnswer>(201).Refuses(400, 403, 404, 409, 422)
            .RequireOperator();
        group.MapGet("/customers/{id}/projects", ListAsync).WithName("ListProjects")
            .WithSummary("A customer's projects, oldest first, the default one among them. "
                + "Operator, or the customer's key with the scope read.")
            .Produces<Page<ProjectAnswer>>().Refuses(400, 403, 404).RequireScope(KeyScopes.Read);
        group.MapGet("/projects/{id}", ReadAsync).WithName("ReadProject")
            .WithSummary("One project with its running billing period. "
                + "Operator, or the customer's key with the scope read.")
            .Produces<ProjectDetailAnswer>().Refuses(403, 404, 503).RequireScope(KeyScopes.Read);
        group.MapPut("/projects/{id}/plan", ChangePlanAsync).WithName("ChangePlan")
            .WithSummary("Moves a project to a plan, now or at the next billing period. Operator.")
            .Accepts<ChangePlanRequest>("application/json").Produces<ProjectDetailAnswer>().Refuses(400, 403, 404, 422, 503)
            .RequireOperator();
        return routes;
    }

    private static async Task<IResult> CreateAsync(
        string id, HttpContext context, IMeteringEngine engine, TimeProvider time, CancellationToken cancellation)
    {
        var body = await RequestBody.ReadAsync(context, CreateProjectRequest.Read);
        if (body.Value is not { } request)
            return body.Refusal!;
        if (await engine.DirectoryStore.FindCustomerAsync(id, cancellation) is not { } customer)
            return Refusals.CustomerNotFound(id);
        var planId = request.Plan ?? customer.Plan;
        if (await engine.Directory.FindPlanAsync(planId, null, cancellation) is not { } plan)
            return Refusals.PlanNotFound(planId);
        if (PlanPrices.Missing(plan, customer.Currency) is { } missing)
            return missing;

        var now = time.GetUtcNow();
        var record = new ProjectRecord(
            request.Id ?? Guid.CreateVersion7(now).ToString(), id, request.Name, plan.Id.Value, plan.Version,
            Instant.FromDateTimeOffset(now), 0);
        if (!await engine.DirectoryStore.AddProjectAsync(record, cancellation))
            return Problem.From(ProblemCodes.ProjectExists, $"There is a project '{record.Id}' already.");
        await engine.Directory.RefreshAsync(cancellation);
        await ProjectAccess.OpenAsync(engine, record.Id, cancellation);
        return TypedResults.Created($"/v1/projects/{Uri.EscapeDataString(record.Id)}", ProjectAnswer.Of(record));
    }

    private static async Task<IResult> ListAsync(
        string id, Caller caller, IMeteringEngine engine, string? limit, string? cursor, CancellationToken cancellation)
    {
        (CustomerEntry? customer, Problem? refusal) = await ProjectAccess.FindCustomerAsync(caller, engine, id, cancellation);
        if (customer is null)
            return refusal!;
        var projects = await engine.DirectoryStore.ListProjectsAsync(id, cancellation);
        return Paging.Cut(projects, ProjectAnswer.Of, limit, cursor);
    }

    private static async Task<IResult> ReadAsync(string id, Caller caller, IMeteringEngine engine, CancellationToken cancellation)
    {
        (ProjectEntry? project, Problem? refusal) = await ProjectAccess.FindAsync(caller, engine, id, cancellation);
        if (project is null)
            return refusal!;
        var view = await engine.Project(project).ReadAsync(cancellation);
        return TypedResults.Ok(ProjectDetailAnswer.Of(project.Record, view));
    }

    private static async Task<IResult> ChangePlanAsync(
        string id, HttpContext context, IMeteringEngine engine, CancellationToken cancellation)
    {
        var body = await RequestBody.ReadAsync(context, ChangePlanRequest.Read);
        if (body.Value is not { } request)
            return body.Refusal!;
        if (await engine.Directory.FindProjectAsync(id, cancellation) is not { } project)
            return Refusals.ProjectNotFound(id);
        if (await engine.Directory.FindPlanAsync(request.Plan, request.Version, cancellation) is not { } plan)
            return Refusals.PlanNotFound(request.Plan);
        if (PlanPrices.Missing(plan, project.Customer.Record.Currency) is { } missing)
            return missing;

        var view = await engine.Project(project).ChangePlanAsync(plan.Id.Value, plan.Version, request.Time, cancellation);
        await engine.DirectoryStore.FollowPartitionAsync([ProjectFacts.PlanOf(project, view)], cancellation);
        await engine.Directory.RefreshAsync(cancellation);
        return TypedResults.Ok(ProjectDetailAnswer.Of(project.Record, view));
    }
}
