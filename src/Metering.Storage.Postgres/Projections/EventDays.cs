using System.Globalization;
using Metering.Core.Time;
using Metering.Storage.Postgres.Connections;
using Npgsql;
using NpgsqlTypes;

namespace Metering.Storage.Postgres.Projections;

/// <summary>The day tables of <c>usage_event</c>: made before they are needed, dropped when they are past the retention.</summary>
internal sealed class EventDays(NpgsqlDataSource source)
{
    // Serialises the making and dropping of day tables among the processes of a shard; "eventday" in ASCII.
    private const long LockKey = 0x6576_656E_7464_6179;

    private readonly HashSet<Instant> known = [];

    /// <summary>Forgets what is known to exist: a table may have been dropped by another process.</summary>
    public void Forget() => known.Clear();

    /// <summary>
    /// Makes the tables of days that have none. A table is made on its own and then attached, which, other than making it as a partition
    /// at once, lets queries and the projectors go on.
    /// </summary>
    public async Task EnsureAsync(IEnumerable<Instant> days, CancellationToken cancellation)
    {
        foreach (var day in days.Where(day => !known.Contains(day)).Order().ToList())
        {
            await MakeAsync(day, cancellation);
            known.Add(day);
        }
    }

    private async Task MakeAsync(Instant day, CancellationToken cancellation)
    {
        await using var connection = await source.OpenConnectionAsync(cancellation);
        await using var transaction = await connection.BeginTransactionAsync(cancellation);
        await LockAsync(connection, cancellation);
        var table = TableOf(day);
        await using (var find = new NpgsqlCommand("SELECT to_regclass($1) IS NOT NULL", connection))
        {
            find.Parameters.Text(table);
            if ((bool)(await find.ExecuteScalarAsync(cancellation))!)
                return;
        }

        await using var make = new NpgsqlCommand($"""
            CREATE TABLE {table} (LIKE usage_event INCLUDING DEFAULTS INCLUDING CONSTRAINTS INCLUDING STORAGE);
            ALTER TABLE usage_event ATTACH PARTITION {table} FOR VALUES FROM ('{day}') TO ('{day + TimeSpan.FromDays(1)}')
            """, connection);
        await make.ExecuteNonQueryAsync(cancellation);
        await transaction.CommitAsync(cancellation);
    }

    /// <summary>
    /// Drops the tables of days that end by a bound, and records the bound: raw events before it are not written again, by whomever. Waits
    /// for projectors and rebuilds that hold the bound, and they for this.
    /// </summary>
    /// <returns>How many days were dropped.</returns>
    public async Task<int> DropBeforeAsync(Instant bound, CancellationToken cancellation)
    {
        await using var connection = await source.OpenConnectionAsync(cancellation);
        await using var transaction = await connection.BeginTransactionAsync(cancellation);
        // The bound is held before the making of tables is locked: a rebuild holds the bound and the table, and may have to make one.
        var isStale = (await ListAsync(connection, cancellation)).Any(day => IsBefore(day, bound));
        await using (var record = new NpgsqlCommand("""
            UPDATE projection_retention SET dropped_before = greatest(dropped_before, $1) WHERE dropped_before < $1 OR $2
            """, connection))
        {
            record.Parameters.Time(bound).Typed(isStale, NpgsqlDbType.Boolean);
            if (await record.ExecuteNonQueryAsync(cancellation) == 0)
                return 0;
        }

        await LockAsync(connection, cancellation);
        var old = (await ListAsync(connection, cancellation)).Where(day => IsBefore(day, bound)).ToList();
        foreach (var day in old)
        {
            await using var drop = new NpgsqlCommand($"DROP TABLE {TableOf(day)}", connection);
            await drop.ExecuteNonQueryAsync(cancellation);
            known.Remove(day);
        }

        await transaction.CommitAsync(cancellation);
        return old.Count;
    }

    /// <summary>The days that have a table, oldest first.</summary>
    public static async Task<IReadOnlyList<Instant>> ListAsync(NpgsqlConnection connection, CancellationToken cancellation)
    {
        await using var command = new NpgsqlCommand("""
            SELECT child.relname FROM pg_inherits JOIN pg_class AS child ON child.oid = pg_inherits.inhrelid
            WHERE pg_inherits.inhparent = 'usage_event'::regclass ORDER BY child.relname
            """, connection);
        return await command.ListAsync(row => DayOf(row.GetString(0)), cancellation);
    }

    private static bool IsBefore(Instant day, Instant bound) => day + TimeSpan.FromDays(1) <= bound;

    private static async Task LockAsync(NpgsqlConnection connection, CancellationToken cancellation)
    {
        await using var command = new NpgsqlCommand("SELECT pg_advisory_xact_lock($1)", connection);
        command.Parameters.Typed(LockKey, NpgsqlDbType.Bigint);
        await command.ExecuteNonQueryAsync(cancellation);
    }

    private const string Prefix = "usage_event_";

    /// <summary>The name of the table of a day.</summary>
    public static string TableOf(Instant day) => Prefix + day.ToUtcDateTime().ToString("yyyyMMdd", CultureInfo.InvariantCulture);

    private static Instant DayOf(string table) => Instant.FromDateTimeOffset(DateTimeOffset.ParseExact(
        table.AsSpan(Prefix.Length), "yyyyMMdd", CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal));
}
