using Metering.Grid.Ingest;
using Metering.Grid.Projects;
using Metering.Orleans.Grains;

namespace Metering.Orleans.Engine;

/// <summary>A project in the silo that owns it.</summary>
internal sealed class RemoteProject(IProjectGrain grain, GrainCalls calls) : IProject
{
    public async ValueTask OpenAsync(CancellationToken cancellation) => await calls.RunAsync(
        async end =>
        {
            await grain.OpenAsync(end);
            return true;
        },
        cancellation);

    public ValueTask<ProjectView> ReadAsync(CancellationToken cancellation) => calls.RunAsync(grain.ReadAsync, cancellation);

    public ValueTask<CheckAnswer> CheckAsync(EventBatch? single, CancellationToken cancellation) =>
        calls.RunAsync(end => grain.CheckAsync(single, end), cancellation);

    public ValueTask<ProjectView> ChangePlanAsync(string plan, int version, PlanChangeTime when, CancellationToken cancellation) =>
        calls.RunAsync(end => grain.ChangePlanAsync(plan, version, when, end), cancellation);
}
