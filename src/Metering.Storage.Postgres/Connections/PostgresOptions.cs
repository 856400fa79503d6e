namespace Metering.Storage.Postgres.Connections;

/// <summary>How one database is reached.</summary>
public sealed class PostgresOptions
{
    /// <summary>An Npgsql connection string. What this class sets overrides what it says; its <c>Options</c> are kept.</summary>
    public required string ConnectionString { get; init; }

    /// <summary>
    /// After this long without an answer a command ends in an exception and its connection is thrown away. Default: 10.
    /// </summary>
    public int CommandTimeoutSeconds { get; init; } = 10;

    /// <summary>The most connections at once, for each of the two pools of a shard. Default: 16.</summary>
    public int MaxConnections { get; init; } = 16;

    /// <exception cref="ArgumentException">A value is out of range; all faults are named at once.</exception>
    public void Validate()
    {
        var faults = new List<string>();
        if (string.IsNullOrWhiteSpace(ConnectionString))
            faults.Add($"{nameof(ConnectionString)} is empty.");
        if (CommandTimeoutSeconds is < 1 or > 3600)
            faults.Add($"{nameof(CommandTimeoutSeconds)} must be 1 to 3600.");
        if (MaxConnections is < 3 or > 1000)
            faults.Add($"{nameof(MaxConnections)} must be 3 to 1000.");
        if (faults.Count > 0)
            throw new ArgumentException(string.Join(' ', faults));
    }
}
