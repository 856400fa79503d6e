using Metering.Grid.Directory;
using Metering.Grid.Projects;

namespace Metering.Api.Customers;

/// <summary>What the directory is to follow after a project was changed in its partition.</summary>
internal static class ProjectFacts
{
    /// <summary>The plan that a project is on now.</summary>
    public static PartitionFact PlanOf(ProjectEntry project, ProjectView view) =>
        new(project.Customer.Id, project.Id, view.Plan, view.PlanVersion, null, project.Customer.Partition, view.AsOfSequence);
}
