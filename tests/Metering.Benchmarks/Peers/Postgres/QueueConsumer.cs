using Npgsql;
using NpgsqlTypes;

namespace Metering.Benchmarks.Peers.Postgres;

/// <summary>The one consumer: a transaction an event, of insert, locked read, update, ledger row and acknowledgement.</summary>
internal sealed class QueueConsumer : IAsyncDisposable
{
    private readonly NpgsqlConnection _connection;
    private readonly NpgsqlCommand _dequeue;
    private readonly NpgsqlCommand _insert;
    private readonly NpgsqlCommand _lock;
    private readonly NpgsqlCommand _debit;
    private readonly NpgsqlCommand _ledger;
    private readonly NpgsqlCommand _undo;
    private readonly NpgsqlCommand _acknowledge;
    private readonly EventParameters _event;
    private readonly List<(long Position, PeerEvent Event)> _page = [];
    private long _taken;

    public QueueConsumer(NpgsqlConnection connection)
    {
        _connection = connection;
        _insert = new NpgsqlCommand(SqlFile.Read("insert_event"), connection);
        _event = new EventParameters(_insert.Parameters);
        _dequeue = Command("dequeue", new NpgsqlParameter<long> { NpgsqlDbType = NpgsqlDbType.Bigint });
        _lock = Command("lock_account", new NpgsqlParameter<int> { NpgsqlDbType = NpgsqlDbType.Integer });
        _debit = Command(
            "debit_account", new NpgsqlParameter<int> { NpgsqlDbType = NpgsqlDbType.Integer },
            new NpgsqlParameter<long> { NpgsqlDbType = NpgsqlDbType.Bigint });
        _ledger = Command(
            "insert_ledger", new NpgsqlParameter<Guid> { NpgsqlDbType = NpgsqlDbType.Uuid },
            new NpgsqlParameter<int> { NpgsqlDbType = NpgsqlDbType.Integer },
            new NpgsqlParameter<long> { NpgsqlDbType = NpgsqlDbType.Bigint },
            new NpgsqlParameter<long> { NpgsqlDbType = NpgsqlDbType.Bigint },
            new NpgsqlParameter<long> { NpgsqlDbType = NpgsqlDbType.Bigint });
        _undo = Command("delete_event", new NpgsqlParameter<Guid> { NpgsqlDbType = NpgsqlDbType.Uuid });
        _acknowledge = Command("acknowledge", new NpgsqlParameter<long> { NpgsqlDbType = NpgsqlDbType.Bigint });
    }

    public async Task PrepareAsync(CancellationToken cancellationToken)
    {
        foreach (NpgsqlCommand command in All())
            await command.PrepareAsync(cancellationToken);
    }

    /// <summary>Debits what waits, at most one page of it.</summary>
    public async Task TakePageAsync(QueueGauge gauge, CancellationToken cancellationToken)
    {
        // After the last one taken: from the start it would step over all the rows deleted since the last vacuum. One writer fills the
        // queue, so positions become visible in order.
        Set(_dequeue, 0, _taken);
        _page.Clear();
        await using (NpgsqlDataReader rows = await _dequeue.ExecuteReaderAsync(CancellationToken.None))
        {
            while (await rows.ReadAsync(CancellationToken.None))
                _page.Add((rows.GetInt64(0), Read(rows)));
        }

        foreach ((long position, PeerEvent item) in _page)
        {
            cancellationToken.ThrowIfCancellationRequested();
            await TakeAsync(position, item);
            _taken = position;
            gauge.Add(-1);
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (NpgsqlCommand command in All())
            await command.DisposeAsync();
        await _connection.DisposeAsync();
    }

    private static PeerEvent Read(NpgsqlDataReader row) => new(
        row.GetGuid(1), row.GetInt32(2), row.GetInt16(3), row.GetInt32(4), row.GetInt32(5), row.GetInt64(6), row.GetInt64(7));

    private async Task TakeAsync(long position, PeerEvent item)
    {
        await using NpgsqlTransaction transaction = await _connection.BeginTransactionAsync();
        _event.Set(item);
        if (await _insert.ExecuteNonQueryAsync() == 1)
        {
            Set(_lock, 0, item.Customer);
            long before = (long)(await _lock.ExecuteScalarAsync())!;
            Set(_debit, 0, item.Customer);
            Set(_debit, 1, item.AmountNano);
            if (await _debit.ExecuteNonQueryAsync() == 1)
                await WriteLedgerAsync(item, before);
            else
                await UndoAsync(item);
        }

        Set(_acknowledge, 0, position);
        await _acknowledge.ExecuteNonQueryAsync();
        await transaction.CommitAsync();
    }

    private async Task WriteLedgerAsync(PeerEvent item, long before)
    {
        Set(_ledger, 0, item.Key);
        Set(_ledger, 1, item.Customer);
        Set(_ledger, 2, item.AmountNano);
        Set(_ledger, 3, before);
        Set(_ledger, 4, before - item.AmountNano);
        await _ledger.ExecuteNonQueryAsync();
    }

    private async Task UndoAsync(PeerEvent item)
    {
        Set(_undo, 0, item.Key);
        await _undo.ExecuteNonQueryAsync();
    }

    private static void Set<T>(NpgsqlCommand command, int place, T value) =>
        ((NpgsqlParameter<T>)command.Parameters[place]).TypedValue = value;

    private NpgsqlCommand Command(string file, params NpgsqlParameter[] parameters)
    {
        var command = new NpgsqlCommand(SqlFile.Read(file), _connection);
        command.Parameters.AddRange(parameters);
        return command;
    }

    private NpgsqlCommand[] All() => [_dequeue, _insert, _lock, _debit, _ledger, _undo, _acknowledge];
}
