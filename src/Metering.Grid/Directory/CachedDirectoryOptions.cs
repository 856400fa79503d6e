namespace Metering.Grid.Directory;

/// <summary>Settings of the directory's cache.</summary>
public sealed record CachedDirectoryOptions
{
    /// <summary>Projects kept in memory, default projects among them. Default: 1,000,000.</summary>
    public int ProjectsMax { get; init; } = 1_000_000;

    /// <summary>Keys kept in memory. Default: 100,000.</summary>
    public int KeysMax { get; init; } = 100_000;

    /// <summary>How often the control database is asked for changes. Default: 1 s.</summary>
    public TimeSpan PollInterval { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>How long a question to the control database may take. Default: 2 s; with the interval it must stay under the 5 s in
    /// which a revoked key stops.</summary>
    public TimeSpan QueryTimeout { get; init; } = TimeSpan.FromSeconds(2);
}
