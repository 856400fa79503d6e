using Metering.Benchmarks.Peers.Queue;
using Npgsql;

namespace Metering.Benchmarks.Peers.Postgres;

/// <summary>Puts the events of many requests into the queue at once.</summary>
internal sealed class EnqueueWriter : IEventWriter
{
    private readonly NpgsqlConnection _connection;
    private readonly NpgsqlCommand _enqueue;
    private readonly EventColumns _columns = new();
    private readonly QueueGauge _gauge;

    /// <param name="connection">Disposed with the writer.</param>
    /// <param name="gauge">Says when the queue is full.</param>
    public EnqueueWriter(NpgsqlConnection connection, QueueGauge gauge)
    {
        _connection = connection;
        _gauge = gauge;
        _enqueue = new NpgsqlCommand(SqlFile.Read("enqueue"), connection);
        _columns.AddTo(_enqueue.Parameters);
    }

    public Task PrepareAsync(CancellationToken cancellationToken) => _enqueue.PrepareAsync(cancellationToken);

    public async Task WriteAsync(IReadOnlyList<PeerEvent> events, bool[] refused)
    {
        _columns.Clear();
        for (int i = 0; i < events.Count; i++)
            _columns.Add(events[i]);
        await _gauge.RoomAsync();
        await _enqueue.ExecuteNonQueryAsync();
        _gauge.Add(events.Count);
    }

    public async ValueTask DisposeAsync()
    {
        await _enqueue.DisposeAsync();
        await _connection.DisposeAsync();
    }
}
