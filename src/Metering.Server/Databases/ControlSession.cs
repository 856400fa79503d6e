using Metering.Grid.Directory;
using Metering.Server.CommandLine;
using Metering.Server.Hosting;
using Metering.Server.Settings;
using Metering.Storage.Postgres.Connections;
using Metering.Storage.Postgres.Directories;

namespace Metering.Server.Databases;

/// <summary>
/// The control database for a command that needs no engine: the given one; or that of the data folder, through the PostgreSQL of a
/// server that runs there, or, where none does, through one that runs for as long as the command.
/// </summary>
internal static class ControlSession
{
    /// <summary>Runs a command on the directory.</summary>
    public static Task<int> WithDirectoryAsync(
        ServerSettings settings, Func<IDirectoryStore, CancellationToken, Task<int>> action, CancellationToken cancellation) =>
        RunAsync(settings, (control, token) => action(new DirectoryStore(control), token), cancellation);

    /// <summary>Runs a command on the control database.</summary>
    public static async Task<int> RunAsync(
        ServerSettings settings, Func<ControlDatabase, CancellationToken, Task<int>> action, CancellationToken cancellation)
    {
        if (settings.Control is null && !Directory.Exists(DataFolder.Postgres(settings.Data)))
            throw new CommandFailedException($"There is no data in {settings.Data}: start a server on it first, or name another folder.");
        if ((settings.Control ?? ServerDatabases.FindRunningControl(settings.Data)) is { } running)
            return await RunAsync(running, action, cancellation);

        using ILoggerFactory logs = ServerLogging.Create(LogLevel.Warning);
        await using ServerDatabases own = await ServerDatabases.OpenAsync(settings, logs.CreateLogger("Metering.Databases"), cancellation);
        await using (var control = new ControlDatabase(new PostgresOptions { ConnectionString = own.Control, MaxConnections = 4 }))
        {
            // A server that was killed may have left addresses of a port that is no more.
            if ((await control.ReadShardsAsync(cancellation)).Count > 0)
                await ClusterSetup.EnsureAsync(control, own.Shards, settings.Partitions, cancellation);
        }

        return await RunAsync(own.Control, action, cancellation);
    }

    private static async Task<int> RunAsync(
        string connectionString, Func<ControlDatabase, CancellationToken, Task<int>> action, CancellationToken cancellation)
    {
        await using var control = new ControlDatabase(new PostgresOptions { ConnectionString = connectionString, MaxConnections = 4 });
        return await action(control, cancellation);
    }
}
