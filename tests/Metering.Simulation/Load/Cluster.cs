using Metering.Grid.Directory;
using Metering.Grid.Embedded;
using Metering.Grid.Partitions;
using Metering.Grid.Storage;
using Metering.Simulation.Running;
using Metering.Simulation.Storing;

namespace Metering.Simulation.Load;

/// <summary>The servers and shards of a simulation, and the network between them and the clients.</summary>
internal sealed class Cluster
{
    private static readonly string[] Zones = ["UTC", "Asia/Kolkata", "America/New_York"];

    private readonly Dice dice;
    private int processes;

    public Cluster(Scheduler scheduler, Dice dice, FaultPlan faults)
    {
        Scheduler = scheduler;
        this.dice = dice;
        Faults = faults;
        SimProcess database = NewProcess("database");
        Shards = [new SimShard("a", scheduler, database), new SimShard("b", scheduler, database)];
        for (int i = 0; i < 10; i++)
        {
            CustomerEntry customer = Directory.Add($"c{i}", dice.Pick(PlanSpecs.All), dice.Pick(Zones));
            if (dice.PerMille(400))
                Directory.AddProject($"c{i}-b", customer, dice.Pick(PlanSpecs.All));
        }
    }

    public Scheduler Scheduler { get; }

    public FaultPlan Faults { get; }

    public SimDirectory Directory { get; } = new();

    public SimShard[] Shards { get; }

    public List<Server> Servers { get; } = [];

    /// <summary>All that were ever started.</summary>
    public List<Server> Started { get; } = [];

    /// <summary>What decisions depend on: the same for all servers of a simulation.</summary>
    public PartitionRules Rules { get; } = new()
    {
        DedupHorizon = TimeSpan.FromHours(3), AcceptedAge = TimeSpan.FromHours(2), LateGrace = TimeSpan.FromMinutes(10),
        ClosedRetention = TimeSpan.FromHours(2), IdempotencyRetention = TimeSpan.FromHours(24),
    };

    /// <summary>The latest wall clock that any process ever had, in microseconds since the beginning.</summary>
    public long LatestClock { get; private set; }

    public SimShard ShardOf(int partition) => Shards[partition % Shards.Length];

    public SimProcess NewProcess(string name) => new(Scheduler, name, processes++);

    public long SeeClocks()
    {
        foreach (Server server in Servers)
            LatestClock = Math.Max(LatestClock, Scheduler.Now + server.Process.ClockOffset);
        return LatestClock = Math.Max(LatestClock, Scheduler.Now);
    }

    /// <summary>Starts a server, with settings that the seed picks. It takes over from all others.</summary>
    public Server Start()
    {
        SimProcess process = NewProcess($"s{processes}");
        var stores = Shards.ToDictionary(shard => shard.Data.Name, shard => (IShardStore)new SimStore(shard, process, dice.Fork(), Faults));
        ShardAssignment[] map = [.. Enumerable.Range(0, SimDirectory.Partitions).Select(each => new ShardAssignment(each,
            ShardOf(each).Data.Name))];
        var engine = new EmbeddedEngine(
            Directory, null!, null!, null!, stores, map, dice.Guid(), Options(), new ProcessTime(Scheduler, process));
        var server = new Server(process, engine);
        engine.Noticed += notice => server.Notices.Add($"{Scheduler.Step} {process.Name}: {notice.Message} {notice.Exception?.Message}");
        engine.FencedByAnother += _ => server.IsFenced = true;
        foreach (Server old in Servers)
            old.IsStale = true;
        Servers.Add(server);
        Started.Add(server);
        Scheduler.Post(process, () => _ = StartAsync(server));
        return server;
    }

    public void Kill(Server server)
    {
        SeeClocks();
        server.Process.Kill();
        Servers.Remove(server);
    }

    /// <summary>The server a client happens to be connected to.</summary>
    public Server? Pick(Dice chooser)
    {
        if (Servers.Count == 0)
            return null;
        return chooser.PerMille(600) ? Servers[^1] : chooser.Pick(Servers);
    }

    /// <summary>Sends a request over a network that delays and loses, and waits for its answer in the client's process.</summary>
    public async Task CallAsync(SimProcess client, Dice chooser, Attempt attempt, Server? server, Func<EmbeddedEngine, Task<object>> call)
    {
        var done = new TaskCompletionSource<object>();
        if (server is null)
        {
            Scheduler.After(chooser.Span(100, 1_000), client, () => done.TrySetResult(new LostAnswerException("nobody listens")));
        }
        else
        {
            server.Process.OnKilled(() =>
                Scheduler.After(chooser.Span(100, 20_000), client, () => done.TrySetResult(new LostAnswerException("connection broke"))));
            Scheduler.After(TimeSpan.FromSeconds(20), client, () => done.TrySetResult(new LostAnswerException("waited too long")));
            Scheduler.After(chooser.Span(50, 1_500), server.Process, () => _ = ServeAsync(client, chooser, attempt, server, call, done));
        }

        attempt.Answer = await done.Task;
        attempt.Received = Scheduler.Step;
    }

    private async Task StartAsync(Server server)
    {
        try
        {
            await server.Engine.StartAsync(CancellationToken.None);
        }
        catch (InvalidOperationException exception) when (exception.Message.Contains("clock", StringComparison.Ordinal))
        {
            // A process whose clock is off does not start.
            Kill(server);
        }
        catch (Exception exception)
        {
            Scheduler.Faults.Add($"{server.Process.Name} did not start: {exception}");
        }
    }

    private async Task ServeAsync(
        SimProcess client, Dice chooser, Attempt attempt, Server server, Func<EmbeddedEngine, Task<object>> call,
            TaskCompletionSource<object> done)
    {
        object answer;
        attempt.ServedAt = Scheduler.Now;
        try
        {
            answer = await call(server.Engine);
        }
        catch (Exception exception) when (exception is Grid.PartitionUnavailableException or Grid.OverloadedException)
        {
            answer = exception;
        }
        catch (Exception exception)
        {
            Scheduler.Faults.Add($"{attempt}: {exception}");
            return;
        }

        attempt.Left = Scheduler.Step;
        attempt.LatestClock = SeeClocks();
        if (!Faults.IsOver && chooser.PerMille(Faults.LostAnswerPerMille))
        {
            Faults.Count("lost answer");
            answer = new LostAnswerException("the answer was lost");
        }

        Scheduler.After(chooser.Span(50, 1_500), client, () => done.TrySetResult(answer));
    }

    private GridOptions Options()
    {
        long checkpointBytes = dice.Between(200, 20_000);
        return new GridOptions
        {
            Rules = Rules,
            CheckpointBytes = checkpointBytes,
            ReplayBytesMax = checkpointBytes + dice.Between(0, 20_000),
            CheckpointAge = dice.Span(20_000, 5_000_000),
            CheckpointsAtOnce = (int)dice.Between(1, 4),
            CustomersInMemoryMax = dice.Between(1, 12),
            RecentEventsMax = (int)dice.Between(1, 40),
            SegmentEntriesMax = dice.Between(8, 2_000),
            FilterBytesMax = dice.PerMille(300) ? 0 : dice.Between(64, 8_192),
            FilterIdle = dice.Span(0, 2_000_000),
            Patience = dice.Span(100_000, 3_000_000),
            BackOffMin = dice.Span(1_000, 50_000),
            BackOffMax = TimeSpan.FromMilliseconds(500),
            ClockCheckInterval = dice.Span(1_000_000, 30_000_000),
            StopWithin = dice.Span(100_000, 5_000_000),
        };
    }
}
