using Metering.Api.Access;
using Metering.Api.Catalog;
using Metering.Api.Problems;
using Metering.Api.Requests;
using Metering.Core.Catalog;
using Metering.Core.Invoicing;
using Metering.Core.Time;
using Metering.Grid;
using Metering.Grid.Directory;
using Metering.Grid.Projects;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Metering.Api.Customers;

/// <summary>Customers: who pays.</summary>
public static class CustomerEndpoints
{
    private static readonly string[] Sorts = ["id", "name", "email", "plan", "created_at"];

    /// <summary>Maps <c>/v1/customers</c>.</summary>
    public static IEndpointRouteBuilder MapCustomers(this IEndpointRouteBuilder routes)
    {
        var group = routes.MapGroup("/v1/customers").WithTags("Customers");
        group.MapPost("", CreateAsync).WithName("CreateCustomer")
            .WithSummary("Makes a customer with its default project and wallet. Operator.")
            .Accepts<CreateCustomerRequest>("application/json").Produces<CustomerAnswer>(201).Refuses(400, 403, 404, 409, 422)
            .RequireOperator();
        group.MapGet("", ListAsync).WithName("ListCustomers").WithSummary("Lists customers. Operator.")
            .Produces<CustomerListAnswer>().Refuses(400, 403).RequireOperator();
        group.MapGet("/{id}", ReadAsync).WithName("ReadCustomer")
            .WithSummary("One customer. Operator, or the customer's key with the scope read.")
            .Produces<CustomerAnswer>().Refuses(403, 404).RequireScope(KeyScopes.Read);
        group.MapPatch("/{id}", ChangeAsync).WithName("ChangeCustomer")
            .WithSummary("Changes a customer; what is absent stays as it is. Operator.")
            .Accepts<ChangeCustomerRequest>("application/json").Produces<CustomerAnswer>().Refuses(400, 403, 404, 422, 503)
            .RequireOperator();
        return routes;
    }

    private static async Task<IResult> CreateAsync(
        HttpContext context, IMeteringEngine engine, TimeProvider time, CancellationToken cancellation)
    {
        var body = await RequestBody.ReadAsync(context, CreateCustomerRequest.Read);
        if (body.Value is not { } request)
            return body.Refusal!;
        if (await engine.Directory.FindPlanAsync(request.Plan, null, cancellation) is not { } plan)
            return Refusals.PlanNotFound(request.Plan);
        if (PlanPrices.Missing(plan, request.Currency) is { } missing)
            return missing;

        var now = Instant.FromDateTimeOffset(time.GetUtcNow());
        var record = new CustomerRecord(
            request.Id ?? Guid.CreateVersion7(time.GetUtcNow()).ToString(), request.Name, request.Email, plan.Id.Value, plan.Version,
            request.Currency ?? plan.Currency.Code, request.TimeZone ?? "UTC", request.Tier, StatusWords.Find(request.Status), now, 0)
        {
            Billing = request.Profile ?? BillingProfile.Empty,
            BillingAnchorDay = request.BillingAnchorDay ?? 1,
        };
        var existing = await engine.DirectoryStore.AddCustomersAsync([record], cancellation);
        if (existing.Count > 0)
            return Problem.From(ProblemCodes.CustomerExists, $"There is a customer or project '{record.Id}' already.");
        await engine.Directory.RefreshAsync(cancellation);
        await ProjectAccess.OpenAsync(engine, record.Id, cancellation);
        return TypedResults.Created($"/v1/customers/{Uri.EscapeDataString(record.Id)}", CustomerAnswer.Of(record));
    }

    private static async Task<IResult> ReadAsync(string id, Caller caller, IMeteringEngine engine, CancellationToken cancellation)
    {
        if (Refusals.Foreign(caller, id) is { } foreign)
            return foreign;
        return await engine.DirectoryStore.FindCustomerAsync(id, cancellation) is { } record
            ? TypedResults.Ok(CustomerAnswer.Of(record))
            : Refusals.CustomerNotFound(id);
    }

    private static async Task<IResult> ListAsync(
        IMeteringEngine engine, string? plan, string? status, string? search, string? sort, string? order, string? limit, string? page,
        string? cursor, CancellationToken cancellation)
    {
        List<FieldError> faults = [];
        var paging = Paging.Read(limit, page, cursor, faults);
        var offset = paging.ReadOffset(faults);
        if (status is not null && !StatusWords.All.Any(pair => pair.Word == status))
            faults.Add(new FieldError(null, "status", $"Must be one of {string.Join(", ", StatusWords.All.Select(pair => pair.Word))}."));
        if (sort is not null && !Sorts.Contains(sort))
            faults.Add(new FieldError(null, "sort", $"Must be one of {string.Join(", ", Sorts)}."));
        if (order is not (null or "asc" or "desc"))
            faults.Add(new FieldError(null, "order", "Must be asc or desc."));
        if (faults.Count > 0)
            return Refusals.InvalidRequest(faults);

        var query = new CustomerQuery(
            plan, status is null ? null : StatusWords.Find(status), search, sort ?? "created_at",
            order == "desc" || (order is null && sort is null), offset, paging.Limit);
        var found = await engine.DirectoryStore.ListCustomersAsync(query, cancellation);
        var next = offset + found.Customers.Count;
        return TypedResults.Ok(new CustomerListAnswer(
            [.. found.Customers.Select(CustomerAnswer.Of)],
            next < found.Total && found.Customers.Count > 0 ? Paging.CursorOf(next) : null,
            found.Total));
    }

    private static async Task<IResult> ChangeAsync(string id, HttpContext context, IMeteringEngine engine, CancellationToken cancellation)
    {
        var body = await RequestBody.ReadAsync(context, ChangeCustomerRequest.Read);
        if (body.Value is not { } request)
            return body.Refusal!;
        if (await engine.Directory.FindProjectAsync(id, cancellation) is not { IsDefault: true } project)
            return Refusals.CustomerNotFound(id);
        Plan? plan = null;
        if (request.Plan is not null)
        {
            plan = await engine.Directory.FindPlanAsync(request.Plan, null, cancellation);
            if (plan is null)
                return Refusals.PlanNotFound(request.Plan);
            if (PlanPrices.Missing(plan, project.Customer.Record.Currency) is { } missing)
                return missing;
        }

        var facts = new List<PartitionFact>();
        if (plan is not null)
            facts.Add(await MoveAsync(engine, project, plan, cancellation));
        if (request.NewStatus is { } status)
            facts.Add(await SetStatusAsync(engine, project.Customer, status, cancellation));
        if (facts.Count > 0)
            await engine.DirectoryStore.FollowPartitionAsync(facts, cancellation);
        if (request.Profile is { } billing)
            await engine.DirectoryStore.SetBillingAsync(id, billing, cancellation);
        var record = await engine.DirectoryStore.UpdateCustomerAsync(id, request.Name, request.Email, request.Tier, cancellation);
        await engine.Directory.RefreshAsync(cancellation);
        return record is null ? Refusals.CustomerNotFound(id) : TypedResults.Ok(CustomerAnswer.Of(record));
    }

    private static async Task<PartitionFact> MoveAsync(
        IMeteringEngine engine, ProjectEntry project, Plan plan, CancellationToken cancellation)
    {
        var view = await engine.Project(project).ChangePlanAsync(plan.Id.Value, plan.Version, PlanChangeTime.Now, cancellation);
        return ProjectFacts.PlanOf(project, view);
    }

    private static async Task<PartitionFact> SetStatusAsync(
        IMeteringEngine engine, CustomerEntry customer, CustomerStatus status, CancellationToken cancellation)
    {
        var sequence = await engine.Wallet(customer).SetStatusAsync(status, cancellation);
        return new PartitionFact(customer.Id, customer.Id, null, 0, status, customer.Partition, sequence);
    }
}
