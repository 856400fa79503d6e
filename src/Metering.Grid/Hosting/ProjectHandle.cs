using Metering.Grid.Directory;
using Metering.Grid.Ingest;
using Metering.Grid.Partitions;
using Metering.Grid.Projects;

namespace Metering.Grid.Hosting;

/// <summary>A project in this process.</summary>
internal sealed class ProjectHandle(PartitionEngine engine, ProjectEntry project) : IProject
{
    /// <inheritdoc />
    public async ValueTask OpenAsync(CancellationToken cancellation) => await engine.RunAsync(
        project.Customer, project, null, isWrite: true,
        static (in DecisionContext context, ProjectEntry which, Dedup.FirstOutcome? _) =>
        {
            context.State.OpenProject(which, context.Catalog, context.Now, context.Group);
            return true;
        },
        cancellation);

    /// <inheritdoc />
    public ValueTask<ProjectView> ReadAsync(CancellationToken cancellation) => engine.RunAsync(
        project.Customer, project, null, isWrite: false,
        static (in DecisionContext context, ProjectEntry which, Dedup.FirstOutcome? _) =>
            context.State.ReadProject(which, context.Catalog, context.Now, context.Group),
        cancellation);

    /// <inheritdoc />
    public ValueTask<CheckAnswer> CheckAsync(EventBatch? single, CancellationToken cancellation) => engine.RunAsync(
        project.Customer, (project, single), single, isWrite: false,
        static (in DecisionContext context, (ProjectEntry Which, EventBatch? Single) argument, Dedup.FirstOutcome? known) =>
            context.State.Check(argument.Which, argument.Single, known, context.Catalog, context.Now, context.Group),
        cancellation);

    /// <inheritdoc />
    public async ValueTask<ProjectView> ChangePlanAsync(string plan, int version, PlanChangeTime when, CancellationToken cancellation)
    {
        // Another process may have made it since the last poll; and a partition that is told of a plan nobody made is dropped.
        if (!engine.Directory.Catalog.TryFindPlan(plan, version, out Core.Catalog.Plan? _))
        {
            await engine.Directory.RefreshAsync(cancellation);
            if (!engine.Directory.Catalog.TryFindPlan(plan, version, out Core.Catalog.Plan? _))
                throw new ArgumentException($"There is no version {version} of plan '{plan}'.", nameof(version));
        }

        return await engine.RunAsync(
            project.Customer, (project, plan, version, when), null, isWrite: true,
            static (
                    in DecisionContext context, (ProjectEntry Which, string Plan, int Version, PlanChangeTime When) argument,
                    Dedup.FirstOutcome? _) => context.State.ChangePlan(
                    argument.Which, argument.Plan, argument.Version, argument.When, context.Catalog, context.Now, context.Group),
            cancellation);
    }
}
