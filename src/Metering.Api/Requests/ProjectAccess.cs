using Metering.Api.Access;
using Metering.Api.Problems;
using Metering.Grid;
using Metering.Grid.Directory;

namespace Metering.Api.Requests;

/// <summary>Finds the project or customer of a path for a key that acts for it.</summary>
internal static class ProjectAccess
{
    /// <summary>The project, or the refusal: <c>project_not_found</c> for the operator; for a customer's key <c>forbidden</c>, whether it
    /// is another customer's or nobody's, so that it learns nothing of other ids.</summary>
    public static async ValueTask<(ProjectEntry? Project, Problem? Refusal)> FindAsync(
        Caller caller, IMeteringEngine engine, string id, CancellationToken cancellation)
    {
        if (await engine.Directory.FindProjectAsync(id, cancellation) is not { } project)
            return (null, caller.IsOperator ? Refusals.ProjectNotFound(id) : Refusals.Foreign(id));
        return Refusals.Foreign(caller, project.Customer.Id) is null ? (project, null) : (null, Refusals.Foreign(id));
    }

    /// <summary>
    /// Opens a project that was just made in its partition, so that its base fee counts from now. Where the partition is away the project
    /// is there all the same: it opens with the first command or event that reaches it.
    /// </summary>
    public static async ValueTask OpenAsync(IMeteringEngine engine, string id, CancellationToken cancellation)
    {
        if (await engine.Directory.FindProjectAsync(id, cancellation) is not { } project)
            return;
        try
        {
            await engine.Project(project).OpenAsync(cancellation);
        }
        catch (Exception exception) when (exception is PartitionUnavailableException or OverloadedException)
        {
            // The directory has it, so making it has succeeded; sending it again would be refused as a duplicate.
        }
    }

    /// <summary>The customer, or the refusal: <c>forbidden</c> for another customer's id, whether there is one or not, else
    /// <c>customer_not_found</c>.</summary>
    public static async ValueTask<(CustomerEntry? Customer, Problem? Refusal)> FindCustomerAsync(
        Caller caller, IMeteringEngine engine, string id, CancellationToken cancellation)
    {
        if (Refusals.Foreign(caller, id) is { } foreign)
            return (null, foreign);
        return await engine.Directory.FindCustomerAsync(id, cancellation) is { } customer ? (customer, null)
            : (null, Refusals.CustomerNotFound(id));
    }
}
