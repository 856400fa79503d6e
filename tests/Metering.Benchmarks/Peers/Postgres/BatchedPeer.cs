using Metering.Benchmarks.Peers.Queue;
using Npgsql;

namespace Metering.Benchmarks.Peers.Postgres;

/// <summary>
/// The strong one: the events of many requests in one statement, the next as soon as the last returned, on one connection.
/// </summary>
internal sealed class BatchedPeer : PostgresPeer
{
    public override string Name => "pg-batched";

    // 1, 2 and 4 were tried on two cores: spread they are alike, and with one no statement waits for another's row locks on a hot customer.
    protected override int Writers => 1;

    protected override int EventsAWrite => 2_000;

    protected override IEnumerable<string> Schema => ["schema", "debit_event", "debit_in_order"];

    protected override async Task<IEventWriter> OpenWriterAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        var writer = new BatchWriter(connection);
        await writer.PrepareAsync(cancellationToken);
        return writer;
    }
}
