using Metering.Benchmarks.Peers.Queue;
using Npgsql;

namespace Metering.Benchmarks.Peers.Postgres;

/// <summary>
/// A queue and one consumer: requests are answered when their events are in the queue, and a worker takes them one by one, a transaction of
/// five statements each. Only what the worker debited counts. The queue is bounded, as a broker's is: when the worker is behind, requests
/// wait.
/// </summary>
internal sealed class SerialWorkerPeer : PostgresPeer
{
    private readonly CancellationTokenSource _stop = new();
    private readonly QueueGauge _gauge = new();
    private Task _consuming = Task.CompletedTask;

    public override string Name => "pg-serial-worker";

    public override bool AnswersBeforeDebit => true;

    protected override int Writers => 1;

    protected override int EventsAWrite => 1_000;

    protected override IEnumerable<string> Schema => ["schema", "queue"];

    public override Task<long> WaitingAsync() => Task.FromResult(_gauge.Events);

    public override async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _consuming;
        await base.DisposeAsync();
        _stop.Dispose();
    }

    protected override async Task<IEventWriter> OpenWriterAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        var writer = new EnqueueWriter(connection, _gauge);
        await writer.PrepareAsync(cancellationToken);
        return writer;
    }

    protected override async Task StartedAsync(NpgsqlDataSource source, CancellationToken cancellationToken)
    {
        var consumer = new QueueConsumer(await source.OpenConnectionAsync(cancellationToken));
        await consumer.PrepareAsync(cancellationToken);
        _consuming = Task.Run(() => ConsumeAsync(consumer), CancellationToken.None);
    }

    private async Task ConsumeAsync(QueueConsumer consumer)
    {
        await using (consumer)
        {
            try
            {
                while (true)
                {
                    await _gauge.FilledAsync(_stop.Token);
                    await consumer.TakePageAsync(_gauge, _stop.Token);
                }
            }
            catch (OperationCanceledException) when (_stop.IsCancellationRequested)
            {
            }
        }
    }
}
