using Metering.Server.CommandLine;
using Metering.Server.Settings;
using Metering.Storage.Postgres.Connections;
using Metering.Storage.Postgres.Directories;
using Metering.Storage.Postgres.Private;
using Metering.Storage.Postgres.Schema;

namespace Metering.Server.Databases;

/// <summary>
/// The databases of a server: those it was given, or those of its own private PostgreSQL, which this starts, keeps running and stops.
/// Their schemas are up to date.
/// </summary>
internal sealed partial class ServerDatabases : IAsyncDisposable
{
    private const string ControlName = "metering_control";
    private readonly FileStream? held;
    private readonly PrivatePostgres? postgres;
    private readonly CancellationTokenSource watching = new();
    private Task watch = Task.CompletedTask;

    private ServerDatabases(FileStream? held, PrivatePostgres? postgres, string control, IReadOnlyList<ShardTarget> shards)
    {
        this.held = held;
        this.postgres = postgres;
        Control = control;
        Shards = shards;
    }

    /// <summary>Connection string of the control database.</summary>
    public string Control { get; }

    /// <summary>The shards; empty where only the control database knows them.</summary>
    public IReadOnlyList<ShardTarget> Shards { get; }

    /// <summary>
    /// The connection string of the control database of a private PostgreSQL that runs on a data folder, whoever owns it; null when
    /// none runs.
    /// </summary>
    public static string? FindRunningControl(string dataFolder) =>
        PrivatePostgres.FindRunning(DataFolder.Postgres(dataFolder), ControlName);

    /// <summary>Opens, makes what is missing, migrates.</summary>
    /// <exception cref="CommandFailedException">Another process owns the data folder.</exception>
    /// <exception cref="PrivatePostgresException">The private PostgreSQL does not start.</exception>
    public static async Task<ServerDatabases> OpenAsync(ServerSettings settings, ILogger log, CancellationToken cancellation)
    {
        if (settings.Control is { } control)
        {
            ShardTarget[] given = [.. settings.Shards.Select((shard, index) => new ShardTarget(ShardName(index), shard))];
            var databases = new ServerDatabases(null, null, control, given);
            await databases.MigrateAsync(cancellation);
            return databases;
        }

        FileStream held = DataFolder.Hold(settings.Data);
        PrivatePostgres? postgres = null;
        try
        {
            postgres = await PrivatePostgres.StartAsync(
                new PrivatePostgresOptions
                {
                    DataFolder = DataFolder.Postgres(settings.Data),
                    SharedBuffersMegabytes = settings.SharedBuffersMegabytes,
                    MaxConnections = settings.PostgresSessionsMax,
                    StopTimeoutSeconds = 4,
                }, cancellation);
            string how = postgres.WasAdopted ? "adopted, left by a server that was killed" : "started";
            LogPostgres(log, how, postgres.Port, postgres.DataFolder);
            ServerDatabases databases = await OwnAsync(held, postgres, settings.ShardCount, cancellation);
            databases.watch = postgres.KeepRunningAsync(tail => LogRestarted(log, tail), databases.watching.Token);
            return databases;
        }
        catch
        {
            if (postgres is not null)
                await postgres.DisposeAsync();
            await held.DisposeAsync();
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        await watching.CancelAsync();
        await watch;
        watching.Dispose();
        if (postgres is not null)
            await postgres.DisposeAsync();
        if (held is not null)
            await held.DisposeAsync();
    }

    private static async Task<ServerDatabases> OwnAsync(
        FileStream held, PrivatePostgres postgres, int shardCount, CancellationToken cancellation)
    {
        string maintenance = postgres.ConnectionString();
        await DatabaseCreator.EnsureAsync(maintenance, ControlName, cancellation);
        var shards = new ShardTarget[shardCount];
        for (int index = 0; index < shardCount; index++)
        {
            string name = $"metering_{ShardName(index)}";
            await DatabaseCreator.EnsureAsync(maintenance, name, cancellation);
            shards[index] = new ShardTarget(ShardName(index), postgres.ConnectionString(name));
        }

        var databases = new ServerDatabases(held, postgres, postgres.ConnectionString(ControlName), shards);
        await databases.MigrateAsync(cancellation);
        return databases;
    }

    private async Task MigrateAsync(CancellationToken cancellation)
    {
        await Migrator.MigrateControlAsync(Control, cancellation);
        foreach (ShardTarget shard in Shards)
            await Migrator.MigrateShardAsync(shard.ConnectionString, cancellation);
        // Those that were added by command are not among the ones given.
        await using var control = new ControlDatabase(new PostgresOptions { ConnectionString = Control, MaxConnections = 3 });
        foreach (ShardAddress shard in await control.ReadShardsAsync(cancellation))
        {
            if (Shards.All(given => given.Name != shard.Name))
                await Migrator.MigrateShardAsync(shard.ConnectionString, cancellation);
        }
    }

    // Shards are known by their place in the settings, so that a password or a host may change while the shard map stays what it is.
    private static string ShardName(int index) => $"shard{index}";

    [LoggerMessage(Level = LogLevel.Information, Message = "private PostgreSQL {What}: port {Port}, files in {Folder}")]
    private static partial void LogPostgres(ILogger log, string what, int port, string folder);

    [LoggerMessage(Level = LogLevel.Error, Message = "private PostgreSQL had ended and was started again; its last words:\n{Tail}")]
    private static partial void LogRestarted(ILogger log, string tail);
}
