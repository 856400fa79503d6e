using Metering.Core.Time;
using Metering.Grid.Directory;
using Metering.Storage.Postgres.Connections;
using NpgsqlTypes;

namespace Metering.Storage.Postgres.Projections;

public sealed partial class Projector
{
    private const int FactsAtOnce = 1000;
    private static readonly TimeSpan UpkeepInterval = TimeSpan.FromHours(1);

    // Facts may be there from before: the first look is at once.
    private readonly SemaphoreSlim factsWaiting = new(1);

    private async Task DeliverWhenThereAsync(CancellationToken cancellation)
    {
        await factsWaiting.WaitAsync(cancellation);
        try
        {
            while (await DeliverFactsAsync(cancellation) == FactsAtOnce)
            {
            }
        }
        catch
        {
            // They are still there; the next attempt must not wait for new ones.
            factsWaiting.Release();
            throw;
        }
    }

    /// <summary>
    /// Tells the directory what partitions have journaled about plans and statuses, then forgets it. At least once: the directory takes no
    /// older position.
    /// </summary>
    /// <returns>How many facts were delivered, at most 1,000.</returns>
    public async Task<int> DeliverFactsAsync(CancellationToken cancellation)
    {
        await using var read = database.Queries.CreateCommand($"""
            SELECT partition, seq, ordinal, customer_id, project_id, plan, plan_version, status
            FROM partition_fact ORDER BY partition, seq, ordinal LIMIT {FactsAtOnce}
            """);
        var facts = await read.ListAsync(
            row => (Ordinal: row.GetInt32(2), Fact: new PartitionFact(
                row.GetString(3), row.GetString(4), row.TextOrNull(5), row.GetInt32(6),
                row.IsDBNull(7) ? null : (CustomerStatus)row.GetInt32(7), row.GetInt32(0), row.GetInt64(1))),
            cancellation);
        if (facts.Count == 0)
            return 0;
        await directory.FollowPartitionAsync([.. facts.Select(row => row.Fact)], cancellation);
        await using var delete = database.Queries.CreateCommand("""
            DELETE FROM partition_fact USING unnest($1, $2, $3) AS told (partition, seq, ordinal)
            WHERE (partition_fact.partition, partition_fact.seq, partition_fact.ordinal) = (told.partition, told.seq, told.ordinal)
            """);
        delete.Parameters
            .Array(facts.Select(row => row.Fact.Partition).ToArray(), NpgsqlDbType.Integer)
            .Array(facts.Select(row => row.Fact.Sequence).ToArray(), NpgsqlDbType.Bigint)
            .Array(facts.Select(row => row.Ordinal).ToArray(), NpgsqlDbType.Integer);
        await delete.ExecuteNonQueryAsync(cancellation);
        return facts.Count;
    }

    private async Task MaintainHourlyAsync(CancellationToken cancellation)
    {
        await MaintainAsync(cancellation);
        await Task.Delay(UpkeepInterval, time, cancellation);
    }

    /// <summary>Makes the day tables of today and tomorrow and drops those past the retention. Hourly rows, the ledger and alerts are
    /// kept.</summary>
    /// <returns>How many days were dropped.</returns>
    public async Task<int> MaintainAsync(CancellationToken cancellation)
    {
        var today = ProjectionBatch.Day(Now);
        var own = new EventDays(database.Queries);
        await own.EnsureAsync([today, today + TimeSpan.FromDays(1)], cancellation);
        return await own.DropBeforeAsync(today - TimeSpan.FromDays(options.RetentionDays), cancellation);
    }
}
