using Metering.Storage.Postgres.Connections;
using Npgsql;

namespace Metering.Storage.Postgres.Projections;

/// <summary>
/// Moves what waits in <c>usage_hour_change</c> into <c>usage_hourly</c>, a bucket of customers in a database transaction: the change is
/// removed where it is added, so it counts once, whoever and however many settle, and after any crash.
/// </summary>
internal sealed class HourSettling(NpgsqlDataSource source)
{
    // Shared by those who settle, exclusive for a rebuild; "hoursets" in ASCII.
    private const long LockKey = 0x686F_7572_7365_7473;

    private readonly HourTable hours = new();
    private readonly HourColumns columns = new();

    /// <summary>Keeps everyone from settling until the database transaction ends, and waits for those who do.</summary>
    public static async Task ExcludeAsync(NpgsqlConnection connection, CancellationToken cancellation)
    {
        await using var command = new NpgsqlCommand("SELECT pg_advisory_xact_lock($1)", connection) { CommandTimeout = 0 };
        command.Parameters.Long(LockKey);
        await command.ExecuteNonQueryAsync(cancellation);
    }

    /// <summary>The first bucket with changes, of a partition, from one on.</summary>
    public async Task<int?> FindAsync(int partition, int bucket, CancellationToken cancellation)
    {
        await using var command = source.CreateCommand("""
            SELECT bucket FROM usage_hour_change WHERE partition = $1 AND bucket >= $2 ORDER BY bucket LIMIT 1
            """);
        command.Parameters.Int(partition).Int(bucket);
        return (int?)await command.ExecuteScalarAsync(cancellation);
    }

    /// <summary>Settles the changes of a bucket.</summary>
    /// <returns>False where a rebuild is at work: then nothing was done.</returns>
    public async Task<bool> SettleAsync(int partition, int bucket, CancellationToken cancellation)
    {
        await using var connection = await source.OpenConnectionAsync(cancellation);
        await using var transaction = await connection.BeginTransactionAsync(cancellation);
        await using (var join = new NpgsqlCommand("SELECT pg_try_advisory_xact_lock_shared($1)", connection))
        {
            join.Parameters.Long(LockKey);
            if (!(bool)(await join.ExecuteScalarAsync(cancellation))!)
                return false;
        }

        await SettleAsync(connection, partition, bucket, cancellation);
        await transaction.CommitAsync(cancellation);
        return true;
    }

    /// <summary>Settles the changes of a bucket within a database transaction that excludes or has joined the others.</summary>
    public async Task SettleAsync(NpgsqlConnection connection, int partition, int bucket, CancellationToken cancellation)
    {
        hours.Clear();
        var names = new HourNames(partition);
        await using (var take = new NpgsqlCommand(
            "DELETE FROM usage_hour_change WHERE partition = $1 AND bucket = $2 RETURNING body", connection))
        {
            take.Parameters.Int(partition).Int(bucket);
            await using var reader = await take.ExecuteReaderAsync(cancellation);
            while (await reader.ReadAsync(cancellation))
                HourChanges.Read(reader.GetFieldValue<byte[]>(0), names, hours);
        }

        await columns.WriteAsync(connection, hours, cancellation);
    }
}
