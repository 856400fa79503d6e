using Metering.Storage.Postgres.Connections;
using Metering.Storage.Postgres.Shards;
using Npgsql;

namespace Metering.Storage.Postgres.Outbox;

/// <summary>
/// A database transaction on the outbox of a partition, on the shard where the partition lives: it holds a share of the lease, so the fence
/// of a move comes wholly before or after it. While the partition is on its way this waits for it to arrive.
/// </summary>
internal sealed class OutboxHome : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan LookEvery = TimeSpan.FromMilliseconds(50);

    private readonly NpgsqlTransaction transaction;

    private OutboxHome(NpgsqlConnection connection, NpgsqlTransaction transaction) =>
        (Connection, this.transaction) = (connection, transaction);

    public NpgsqlConnection Connection { get; }

    /// <summary>Begins one. Disposing without <see cref="CommitAsync"/> undoes it.</summary>
    /// <exception cref="TimeoutException">The partition has not arrived anywhere within ten seconds; nothing was done.</exception>
    public static async Task<OutboxHome> BeginAsync(IShardMap map, int partition, TimeProvider time, CancellationToken cancellation)
    {
        var began = time.GetTimestamp();
        while (true)
        {
            if (await TryBeginAsync(map.Now.Of(partition), partition, cancellation) is { } home)
                return home;
            if (time.GetElapsedTime(began) > Patience)
                throw new TimeoutException($"Partition {partition} is on its way to another shard and has not arrived.");
            await map.RefreshAsync(cancellation);
            if (await TryBeginAsync(map.Now.Of(partition), partition, cancellation) is { } arrived)
                return arrived;
            await Task.Delay(LookEvery, time, cancellation);
        }
    }

    public Task CommitAsync(CancellationToken cancellation) => transaction.CommitAsync(cancellation);

    public async ValueTask DisposeAsync()
    {
        await transaction.DisposeAsync();
        await Connection.DisposeAsync();
    }

    private static async Task<OutboxHome?> TryBeginAsync(ShardDatabase shard, int partition, CancellationToken cancellation)
    {
        var connection = await shard.Queries.OpenConnectionAsync(cancellation);
        try
        {
            var transaction = await connection.BeginTransactionAsync(cancellation);
            await using var hold = new NpgsqlCommand(
                "SELECT 1 FROM lease WHERE partition = $1 AND moved_to IS NULL FOR SHARE", connection);
            hold.Parameters.Int(partition);
            if (await hold.ExecuteScalarAsync(cancellation) is not null)
                return new OutboxHome(connection, transaction);
            await transaction.DisposeAsync();
            await connection.DisposeAsync();
            return null;
        }
        catch
        {
            await connection.DisposeAsync();
            throw;
        }
    }
}
