using Metering.Grid.Ingest;
using Metering.Grid.Projects;
using Metering.Orleans.Ownership;
using Orleans.Concurrency;
using Orleans.GrainDirectory;

namespace Metering.Orleans.Grains;

/// <inheritdoc cref="IProjectGrain" />
[GrainType("metering.project"), PartitionPlacement, GrainDirectory(PartitionDirectory.Name), Reentrant, CollectionAgeLimit(Minutes = 5)]
public sealed class ProjectGrain(SiloPartitions partitions, PartitionMap map) : PartitionedGrain(partitions, map), IProjectGrain
{
    /// <inheritdoc />
    public async ValueTask OpenAsync(CancellationToken cancellation) => await DoAsync(
        async project =>
        {
            await project.OpenAsync(cancellation);
            return true;
        },
        cancellation);

    /// <inheritdoc />
    public ValueTask<ProjectView> ReadAsync(CancellationToken cancellation) =>
        DoAsync(project => project.ReadAsync(cancellation), cancellation);

    /// <inheritdoc />
    public async ValueTask<CheckAnswer> CheckAsync(EventBatch? single, CancellationToken cancellation)
    {
        // The event came in with the message, so nobody else uses or returns its buffers.
        using EventBatch? events = single;
        return await DoAsync(
            async project =>
            {
                if (events is not null)
                    await Directory.ResolveAsync(events, cancellation);
                return await project.CheckAsync(events, cancellation);
            },
            cancellation);
    }

    /// <inheritdoc />
    public ValueTask<ProjectView> ChangePlanAsync(string plan, int version, PlanChangeTime when, CancellationToken cancellation) =>
        DoAsync(project => project.ChangePlanAsync(plan, version, when, cancellation), cancellation);

    private ValueTask<T> DoAsync<T>(Func<IProject, ValueTask<T>> work, CancellationToken cancellation)
    {
        (string customer, string project) = ProjectKey.Parse(this.GetPrimaryKeyString());
        return RunAsync(
            async () =>
            {
                var entry = await FindProjectAsync(project, cancellation);
                return entry.Customer.Id == customer ? await work(Engine.Project(entry)) : throw new UnknownCustomerException(project);
            },
            cancellation);
    }
}
