using Metering.Benchmarks.Peers.Queue;
using Npgsql;

namespace Metering.Benchmarks.Peers.Postgres;

/// <summary>
/// The strong one: the events of many requests in one statement, the next as soon as the last returned, on a few connections.
/// </summary>
internal sealed class BatchedPeer : PostgresPeer
{
    public override string Name => "pg-batched";

    protected override int Writers => 4;

    protected override int EventsAWrite => 2_000;

    protected override IEnumerable<string> Schema => ["schema", "debit_event", "debit_in_order"];

    protected override async Task<IEventWriter> OpenWriterAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        var writer = new BatchWriter(connection);
        await writer.PrepareAsync(cancellationToken);
        return writer;
    }
}
