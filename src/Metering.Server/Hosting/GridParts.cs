using Metering.Grid;
using Metering.Grid.Billing;
using Metering.Grid.Directory;
using Metering.Grid.History;
using Metering.Grid.Outbox;
using Metering.Grid.Partitions;
using Metering.Grid.Storage;
using Metering.Grid.Webhooks;
using Metering.Server.Catalog;
using Metering.Server.CommandLine;
using Metering.Server.Databases;
using Metering.Server.Settings;
using Metering.Storage.Postgres.Connections;
using Metering.Storage.Postgres.Directories;
using Metering.Storage.Postgres.History;
using Metering.Storage.Postgres.Outbox;
using Metering.Storage.Postgres.Projections;
using Metering.Storage.Postgres.Shards;

namespace Metering.Server.Hosting;

/// <summary>
/// The engine with all below it: directory, shards, projectors. Put together by hand, in the order of the start.
/// </summary>
internal sealed partial class GridParts : IAsyncDisposable
{
    /// <summary>What a stop leaves for it, between the open requests and the private PostgreSQL.</summary>
    private static readonly TimeSpan stopWithin = TimeSpan.FromSeconds(4);

    /// <summary>Longer than the longest attempt that settings allow.</summary>
    private static readonly TimeSpan outboxLease = TimeSpan.FromSeconds(90);

    private readonly ILogger log;
    private readonly ControlDatabase control;
    private readonly CancellationTokenSource fenced = new();
    private readonly CancellationTokenSource projecting = new();
    private readonly CombinedLag lag = new();
    private readonly ILoggerFactory logs;
    private readonly TimeProvider time;
    private CachedDirectory? directory;
    private IEngineRunner? runner;
    private OutboxStore? outbox;
    private LiveShardMap? shards;
    private Func<ShardDatabase, Projector>? makeProjector;
    private bool started;

    private GridParts(ILoggerFactory logs, TimeProvider time, string controlConnection)
    {
        (this.logs, this.time) = (logs, time);
        log = logs.CreateLogger("Metering.Grid");
        control = new ControlDatabase(new PostgresOptions { ConnectionString = controlConnection });
        DirectoryStore = new DirectoryStore(control);
        WebhookEndpoints = new WebhookEndpointStore(control);
    }

    /// <summary>The engine.</summary>
    public IMeteringEngine Engine => runner?.Engine ?? throw new InvalidOperationException("The grid is not open.");

    /// <summary>The control database as the directory's store.</summary>
    public IDirectoryStore DirectoryStore { get; }

    /// <summary>The control database.</summary>
    public ControlDatabase Control => control;

    /// <summary>What is to be carried out of the grid.</summary>
    public IOutbox Outbox => outbox ?? throw new InvalidOperationException("The grid has not started.");

    /// <summary>Who is told of events.</summary>
    public IWebhookEndpoints WebhookEndpoints { get; }

    /// <summary>Cancelled when another process has taken partitions over.</summary>
    public CancellationToken Fenced => fenced.Token;

    /// <summary>
    /// Makes the cluster where there is none, adds what is missing of the catalogue, makes the engine and the projectors; nothing runs yet.
    /// </summary>
    public static async Task<GridParts> OpenAsync(
        ServerSettings settings, ServerDatabases databases, HostPlan plan, ILoggerFactory logs, TimeProvider time,
        CancellationToken cancellation)
    {
        var parts = new GridParts(logs, time, databases.Control);
        try
        {
            IReadOnlyList<ShardTarget> targets = await ClusterSetup.EnsureAsync(
                parts.control, databases.Shards, settings.Partitions, cancellation);
            parts.given = targets.ToDictionary(target => target.Name, target => target.ConnectionString, StringComparer.Ordinal);
            string folder = settings.Catalog ?? ConfigFolder.Folder("catalog")
                ?? throw new CommandFailedException("There is no silo-config/catalog beside the program; name one with METERING_CATALOG.");
            await CatalogFiles.AddMissingAsync(parts.DirectoryStore, folder, cancellation);
            await parts.OpenPartsAsync(settings, plan, cancellation);
            return parts;
        }
        catch
        {
            await parts.DisposeAsync();
            throw;
        }
    }

    /// <summary>Takes the partitions, starts the projectors.</summary>
    public async Task StartAsync(CancellationToken cancellation)
    {
        started = true;
        try
        {
            await runner!.StartAsync(cancellation);
        }
        catch (InvalidOperationException refusal)
        {
            // The clock of this machine, say, is not one to decide by.
            throw new CommandFailedException(refusal.Message);
        }

        StartProjectors();
        following = Task.Run(() => FollowMapAsync(projecting.Token), CancellationToken.None);
    }

    /// <summary>Finishes open groups, checkpoints, releases the partitions, stops the projectors.</summary>
    public async ValueTask DisposeAsync()
    {
        // Read-only from here: what arrives now is refused, and what was decided is written.
        if (runner is not null && started)
            await runner.StopAsync();
        await projecting.CancelAsync();
        await following;
        await Task.WhenAll(projections);
        if (directory is not null)
            await directory.DisposeAsync();
        if (shards is not null)
            await shards.DisposeAsync();
        await control.DisposeAsync();
        projecting.Dispose();
    }

    private async Task OpenPartsAsync(ServerSettings settings, HostPlan plan, CancellationToken cancellation)
    {
        directory = await CachedDirectory.OpenAsync(DirectoryStore, new CachedDirectoryOptions(), time, cancellation);
        shards = await LiveShardMap.OpenAsync(control, OpenShard, cancellation);
        Dictionary<string, IShardStore> stores = shards.Now.Shards.ToDictionary(
            shard => shard.Name, IShardStore (shard) => new ShardStore(shard, time));
        var history = new UsageHistory(partition => shards.Now.Of(partition));
        outbox = new OutboxStore(shards, OutboxOptions(settings), time, Random.Shared.NextDouble);
        var invoices = new InvoiceHistory(shards);
        runner = plan.Engine(
            new EngineInputs(directory, DirectoryStore, history, invoices, stores, Assignments(), Options(settings), logs, time));
        runner.Noticed += Log;
        runner.FencedByAnother += OnFenced;
        if (runner.Owned is { } owned)
        {
            var options = new ProjectorOptions { RetentionDays = settings.EventRetentionDays };
            // Half of the processors stay with the path of the acknowledgement.
            var turns = new ProjectionTurns(Math.Max(1, Environment.ProcessorCount / 2));
            makeProjector = shard => new Projector(shard, owned, DirectoryStore, options, time, logs.CreateLogger<Projector>(), turns);
            runner.UseLag(lag);
        }

        foreach (ShardDatabase shard in shards.Now.Shards)
            AddProjector(shard);
        shards.Added += OnShardAdded;
        directory.ShardMapChanged += LookAtMap;
        runner.UnknownShard += _ => LookAtMap();
    }

    private static GridOptions Options(ServerSettings settings) => new()
    {
        Rules = new PartitionRules
        {
            DedupHorizon = TimeSpan.FromDays(settings.DedupHorizonDays),
            AcceptedAge = TimeSpan.FromDays(settings.AcceptedAgeDays),
            AcceptedAhead = TimeSpan.FromSeconds(settings.AcceptedAheadSeconds),
            TakeUnpriced = settings.TakeUnpriced,
            LateGrace = TimeSpan.FromMinutes(settings.LateGraceMinutes),
            Billing = new BillingTerms
            {
                Seller = settings.Seller,
                DueAfter = TimeSpan.FromDays(settings.InvoiceDueDays),
                TaxedCountries = settings.TaxedCountries,
            },
            PastDueSuspends = settings.PastDueSuspends,
        },
        BytesInFlightMax = settings.InFlightMaxMegabytes * 1024L * 1024,
        ProjectionLagMax = TimeSpan.FromSeconds(settings.LagMaxSeconds),
        CustomersInMemoryMax = settings.CustomersInMemoryMax,
        StopWithin = stopWithin,
        ClockSkewMax = settings.ClockSkewMax ?? new GridOptions().ClockSkewMax,
    };

    private static OutboxOptions OutboxOptions(ServerSettings settings) => new()
    {
        Lease = outboxLease,
        AttemptsMax = settings.OutboxAttemptsMax,
        AgeMax = TimeSpan.FromHours(settings.OutboxAgeHours),
        Retention = TimeSpan.FromDays(settings.OutboxRetentionDays),
    };

    // Raised on the engine's own threads, possibly under a lock: what follows must not run right there.
    private void OnFenced(string reason)
    {
        LogFenced(log, reason);
        ThreadPool.QueueUserWorkItem(_ => fenced.Cancel());
    }

    private void Log(GridNotice notice)
    {
        LogLevel level = notice.Level switch
        {
            NoticeLevel.Information => LogLevel.Information,
            NoticeLevel.Warning => LogLevel.Warning,
            _ => LogLevel.Error,
        };
        LogNotice(log, level, notice.Message, notice.Exception);
    }

    [LoggerMessage(Message = "{Notice}")]
    private static partial void LogNotice(ILogger log, LogLevel level, string notice, Exception? exception);

    [LoggerMessage(Level = LogLevel.Error, Message = "another process has taken over, this one ends: {Reason}")]
    private static partial void LogFenced(ILogger log, string reason);
}
