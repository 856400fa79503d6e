using Metering.Grid.Directory;
using Metering.Storage.Postgres.Connections;
using Metering.Storage.Postgres.Directories;
using Metering.Storage.Postgres.Projections;
using Metering.Storage.Postgres.Shards;

namespace Metering.Server.Hosting;

// Shards that are added, and partitions that are moved among them, while this process runs.
internal sealed partial class GridParts
{
    private static readonly TimeSpan mapRetry = TimeSpan.FromSeconds(1);

    private readonly SemaphoreSlim mapChanged = new(0);
    private readonly List<Projector> projectors = [];
    private readonly List<Task> projections = [];
    private readonly Lock projectorsGate = new();
    private Dictionary<string, string> given = [];
    private bool projects;
    private Task following = Task.CompletedTask;

    // As this process was given it, where it was; as the control database has it, where it was added later.
    private ShardDatabase OpenShard(ShardAddress address) => new(
        address.Name, new PostgresOptions { ConnectionString = given.GetValueOrDefault(address.Name, address.ConnectionString) });

    private ShardAssignment[] Assignments()
    {
        ShardHomes homes = shards!.Now;
        return [.. Enumerable.Range(0, directory!.Cluster.Partitions)
            .Select(partition => new ShardAssignment(partition, homes.Of(partition).Name))];
    }

    // Raised under locks of others, and often at once.
    private void LookAtMap()
    {
        if (mapChanged.CurrentCount == 0)
            mapChanged.Release();
    }

    private async Task FollowMapAsync(CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            try
            {
                await mapChanged.WaitAsync(stop);
                await shards!.RefreshAsync(stop);
                runner!.FollowMap(Assignments());
            }
            catch (Exception) when (stop.IsCancellationRequested)
            {
                return;
            }
            catch (Exception exception)
            {
                LogMap(log, exception);
                LookAtMap();
                await Task.Delay(mapRetry, time, stop).ContinueWith(
                    static _ => { }, CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
            }
        }
    }

    private void OnShardAdded(ShardDatabase shard)
    {
        runner!.AddShard(new ShardStore(shard, time));
        AddProjector(shard);
        LogShard(log, shard.Name);
    }

    private void AddProjector(ShardDatabase shard)
    {
        if (makeProjector is null)
            return;
        Projector projector = makeProjector(shard);
        lag.Add(shard.Name, projector);
        lock (projectorsGate)
        {
            projectors.Add(projector);
            if (projects)
                Run(projector);
        }
    }

    private void StartProjectors()
    {
        lock (projectorsGate)
        {
            projects = true;
            foreach (Projector projector in projectors)
                Run(projector);
        }
    }

    private void Run(Projector projector) =>
        projections.Add(Task.Run(() => projector.RunAsync(projecting.Token), CancellationToken.None));

    [LoggerMessage(Level = LogLevel.Warning, Message = "the shard map has changed and cannot be read; it is tried again")]
    private static partial void LogMap(ILogger log, Exception exception);

    [LoggerMessage(Level = LogLevel.Information, Message = "shard {Shard} was added")]
    private static partial void LogShard(ILogger log, string shard);
}
