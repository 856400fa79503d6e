using Metering.Storage.Postgres.Connections;
using Npgsql;

namespace Metering.Storage.Postgres.Moves;

public sealed partial class PartitionMove
{
    /// <summary>Deletes what is left on the source, but for the journal and the lease with its mark, once every process has heard of the
    /// map: until then it answers questions about the past from there.</summary>
    private async Task ClearSourceAsync(MoveRow move, MoveSide source, CancellationToken cancellation)
    {
        while (await store.AgeAsync(move, cancellation) is var age && age < options.ClearAfter)
            await Task.Delay(options.ClearAfter - age, time, cancellation);
        bool MayClear(LeaseRow? lease) => lease?.MovedTo == move.Target;
        await source.ChangeAsync(
            MayClear,
            async write =>
            {
                await ProjectionCopy.ClearAsync(write, move.Partition, cancellation);
                return true;
            },
            cancellation);
        await AtAsync(MovePoint.HalfCleared);
        await source.ChangeAsync(
            MayClear,
            async write =>
            {
                await ClearSavedAsync(write, move.Partition, cancellation);
                return true;
            },
            cancellation);
        say($"'{source.Name}' is cleared of partition {move.Partition}; its journal stays there");
    }

    private static async Task ClearSavedAsync(NpgsqlConnection write, int partition, CancellationToken cancellation)
    {
        // Attempts go with their messages.
        foreach (var table in MovedTables.Compared.Where(table => table != MovedTables.Attempts))
        {
            await using var delete = new NpgsqlCommand($"DELETE FROM {table} WHERE partition = $1", write);
            delete.Parameters.Int(partition);
            await delete.ExecuteNonQueryAsync(cancellation);
        }
    }

    /// <summary>Source and target.</summary>
    private sealed class Sides(MoveSide source, MoveSide target) : IAsyncDisposable
    {
        public MoveSide Source => source;

        public MoveSide Target => target;

        public async ValueTask DisposeAsync()
        {
            await source.Database.DisposeAsync();
            await target.Database.DisposeAsync();
        }
    }

    /// <summary>What is copied again and again.</summary>
    private sealed class Copies(Sides both, int partition, MoveOptions options)
    {
        private readonly SavedStateCopy saved = new(both.Source, both.Target, partition);
        private readonly OutboxCopy outbox = new(both.Source, both.Target, partition);
        private readonly NoticeCopy notices = new(both.Source, both.Target, partition);

        public JournalCopy Journal { get; } = new(both.Source, both.Target, partition, options.ChunkBytes);

        public ProjectionCopy Projections { get; } = new(both.Source, both.Target, partition);

        /// <summary>Journal, saved state and outbox, as far as they have changed.</summary>
        public async Task<long> RunAsync(Func<LeaseRow?, bool> mayChange, CancellationToken cancellation) =>
            await Journal.RunAsync(mayChange, null, cancellation)
            + await saved.RunAsync(mayChange, cancellation)
            + await outbox.RunAsync(mayChange, cancellation)
            + await notices.RunAsync(mayChange, cancellation);
    }
}
