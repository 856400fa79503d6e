using Metering.Benchmarks.Peers.Queue;
using Npgsql;

namespace Metering.Benchmarks.Peers.Postgres;

/// <summary>One transaction an event, as one call of a function in the database.</summary>
internal sealed class FunctionPeer : PostgresPeer
{
    public override string Name => "pg-function";

    protected override int Writers => 24;

    protected override int EventsAWrite => 1;

    protected override IEnumerable<string> Schema => ["schema", "debit_event"];

    protected override async Task<IEventWriter> OpenWriterAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        var writer = new Writer(connection);
        await writer.PrepareAsync(cancellationToken);
        return writer;
    }

    private sealed class Writer : IEventWriter
    {
        private const short Refused = 2;

        private readonly NpgsqlConnection _connection;
        private readonly NpgsqlCommand _call;
        private readonly EventParameters _event;

        public Writer(NpgsqlConnection connection)
        {
            _connection = connection;
            _call = new NpgsqlCommand("SELECT debit_event($1, $2, $3, $4, $5, $6, $7)", connection);
            _event = new EventParameters(_call.Parameters);
        }

        public Task PrepareAsync(CancellationToken cancellationToken) => _call.PrepareAsync(cancellationToken);

        public async Task WriteAsync(IReadOnlyList<PeerEvent> events, bool[] refused)
        {
            for (int i = 0; i < events.Count; i++)
            {
                _event.Set(events[i]);
                refused[i] = (short)(await _call.ExecuteScalarAsync())! == Refused;
            }
        }

        public async ValueTask DisposeAsync()
        {
            await _call.DisposeAsync();
            await _connection.DisposeAsync();
        }
    }
}
