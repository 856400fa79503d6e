namespace Metering.Storage.Postgres.Private;

/// <summary>How a <see cref="PrivatePostgres"/> is made and run.</summary>
public sealed class PrivatePostgresOptions
{
    /// <summary>
    /// The folder of the database files; made when it does not exist. Where PostgreSQL has to run as another user (see
    /// <see cref="PrivatePostgres"/>) that cannot reach this folder, it becomes a link to a folder below <c>/var/lib/metering</c>.
    /// </summary>
    public required string DataFolder { get; init; }

    /// <summary>The TCP port on 127.0.0.1. Default: none, which means any free one.</summary>
    public int? Port { get; init; }

    /// <summary>PostgreSQL's own page cache, in MiB. Default: <see cref="SharedBuffersFor"/> this machine, or this container.</summary>
    public int SharedBuffersMegabytes { get; init; } = SharedBuffersFor(GC.GetGCMemoryInfo().TotalAvailableMemoryBytes);

    /// <summary>The most database sessions at once. Default: 200.</summary>
    public int MaxConnections { get; init; } = 200;

    /// <summary>How long a start may take, in seconds; it includes the recovery after a crash. Default: 120.</summary>
    public int StartTimeoutSeconds { get; init; } = 120;

    /// <summary>How long a fast shutdown may take, in seconds, before sessions are cut without a checkpoint. Default: 30.</summary>
    public int StopTimeoutSeconds { get; init; } = 30;

    /// <summary>
    /// What to do about a server that already runs on the folder and has lost its owner. Default: true, it is adopted; false, the start
    /// fails. A folder whose owner is alive is refused either way.
    /// </summary>
    public bool Adopt { get; init; } = true;

    /// <summary>More settings, by name; they take precedence over those made here. Default: none.</summary>
    public IReadOnlyDictionary<string, string> Settings { get; init; } = new Dictionary<string, string>();

    /// <summary>
    /// A page cache for a machine that has more to do than to run PostgreSQL: a sixteenth of its memory, 128 to 1,024 MiB. With less,
    /// sessions that project write pages to files themselves to make room; write-ahead buffers follow from it, too
    /// (<c>wal_buffers = -1</c>: a thirty-second of it, at most 16 MiB).
    /// </summary>
    /// <param name="memoryBytes">The memory of the machine.</param>
    /// <returns>MiB.</returns>
    public static int SharedBuffersFor(long memoryBytes) => (int)Math.Clamp(memoryBytes / 16 / (1024 * 1024), 128, 1024);

    internal void Validate()
    {
        var faults = new List<string>();
        void Check(bool right, string fault)
        {
            if (!right)
            {
                faults.Add(fault);
            }
        }

        Check(Path.IsPathFullyQualified(DataFolder), $"{nameof(DataFolder)} must be an absolute path, not '{DataFolder}'");
        Check(Port is null or (> 0 and <= 65535), $"{nameof(Port)} must be from 1 to 65535, not {Port}");
        Check(SharedBuffersMegabytes is >= 1 and <= 1 << 20, $"{nameof(SharedBuffersMegabytes)} must be from 1 to 1048576");
        Check(MaxConnections is >= 10 and <= 10_000, $"{nameof(MaxConnections)} must be from 10 to 10000");
        Check(StartTimeoutSeconds > 0, $"{nameof(StartTimeoutSeconds)} must be above 0");
        Check(StopTimeoutSeconds > 0, $"{nameof(StopTimeoutSeconds)} must be above 0");
        if (faults.Count > 0)
        {
            throw new ArgumentException(string.Join("; ", faults));
        }
    }
}
