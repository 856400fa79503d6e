using Metering.Core.Time;
using Metering.Grid.Storage;
using Metering.Storage.Postgres.Connections;

namespace Metering.Storage.Postgres.Shards;

/// <summary>
/// A shard in PostgreSQL. Every method is one round trip and one database transaction, except a claim that has to end other sessions and a
/// journal read, which goes by chunks. Safe for concurrent callers.
/// </summary>
public sealed partial class ShardStore(ShardDatabase database, TimeProvider time) : IShardStore
{
    /// <inheritdoc />
    public string Name => database.Name;

    /// <inheritdoc />
    public async ValueTask<Instant> ReadClockAsync(CancellationToken cancellation)
    {
        await using var command = database.Journal.CreateCommand("SELECT clock_timestamp()");
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        await reader.ReadAsync(cancellation);
        return PostgresTime.FromPostgres(reader.GetFieldValue<long>(0));
    }
}
