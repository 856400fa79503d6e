using Metering.Benchmarks.Peers.Queue;
using Npgsql;
using NpgsqlTypes;

namespace Metering.Benchmarks.Peers.Postgres;

/// <summary>One transaction an event, statement by statement: begin, insert, guarded update, commit.</summary>
internal sealed class StatementsPeer : PostgresPeer
{
    public override string Name => "pg-statements";

    // 16 to 32 was best spread over many customers; on one hot customer fewer would be faster, but nobody knows that before.
    protected override int Writers => 24;

    protected override int EventsAWrite => 1;

    protected override async Task<IEventWriter> OpenWriterAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        var writer = new Writer(connection);
        await writer.PrepareAsync(cancellationToken);
        return writer;
    }

    private sealed class Writer : IEventWriter
    {
        private readonly NpgsqlConnection _connection;
        private readonly NpgsqlCommand _insert;
        private readonly NpgsqlCommand _debit;
        private readonly EventParameters _event;
        private readonly NpgsqlParameter<int> _account = new() { NpgsqlDbType = NpgsqlDbType.Integer };
        private readonly NpgsqlParameter<long> _amount = new() { NpgsqlDbType = NpgsqlDbType.Bigint };

        public Writer(NpgsqlConnection connection)
        {
            _connection = connection;
            _insert = new NpgsqlCommand(SqlFile.Read("insert_event"), connection);
            _event = new EventParameters(_insert.Parameters);
            _debit = new NpgsqlCommand(SqlFile.Read("debit_account"), connection) { Parameters = { _account, _amount } };
        }

        public async Task PrepareAsync(CancellationToken cancellationToken)
        {
            await _insert.PrepareAsync(cancellationToken);
            await _debit.PrepareAsync(cancellationToken);
        }

        public async Task WriteAsync(IReadOnlyList<PeerEvent> events, bool[] refused)
        {
            for (int i = 0; i < events.Count; i++)
                refused[i] = !await TakeAsync(events[i]);
        }

        public async ValueTask DisposeAsync()
        {
            await _insert.DisposeAsync();
            await _debit.DisposeAsync();
            await _connection.DisposeAsync();
        }

        private async Task<bool> TakeAsync(PeerEvent item)
        {
            // The driver sends BEGIN together with the first statement, so these are three round trips.
            await using NpgsqlTransaction transaction = await _connection.BeginTransactionAsync();
            _event.Set(item);
            if (await _insert.ExecuteNonQueryAsync() == 0)
                return true;
            _account.TypedValue = item.Customer;
            _amount.TypedValue = item.AmountNano;
            if (await _debit.ExecuteNonQueryAsync() == 0)
                return false;
            await transaction.CommitAsync();
            return true;
        }
    }
}
