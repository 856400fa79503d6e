using Metering.Benchmarks.Peers.Queue;
using Npgsql;

namespace Metering.Benchmarks.Peers.Postgres;

/// <summary>
/// A queue and one consumer: requests are answered when their events are in the queue, and a worker takes them one by one, a transaction of
/// five statements each. Only what the worker debited counts.
/// </summary>
internal sealed class SerialWorkerPeer : PostgresPeer
{
    private readonly CancellationTokenSource _stop = new();
    private readonly SemaphoreSlim _arrived = new(0, 1);
    private Task _consuming = Task.CompletedTask;

    public override string Name => "pg-serial-worker";

    public override bool AnswersBeforeDebit => true;

    protected override int Writers => 2;

    protected override int EventsAWrite => 2_000;

    protected override IEnumerable<string> Schema => ["schema", "queue"];

    public override Task<long> WaitingAsync() => CountAsync("queue");

    public override async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _consuming;
        await base.DisposeAsync();
        _stop.Dispose();
        _arrived.Dispose();
    }

    protected override async Task<IEventWriter> OpenWriterAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        var writer = new EnqueueWriter(connection, Arrived);
        await writer.PrepareAsync(cancellationToken);
        return writer;
    }

    protected override async Task StartedAsync(NpgsqlDataSource source, CancellationToken cancellationToken)
    {
        var consumer = new QueueConsumer(await source.OpenConnectionAsync(cancellationToken));
        await consumer.PrepareAsync(cancellationToken);
        _consuming = Task.Run(() => ConsumeAsync(consumer), CancellationToken.None);
    }

    private void Arrived()
    {
        lock (_arrived)
        {
            if (_arrived.CurrentCount == 0)
                _arrived.Release();
        }
    }

    private async Task ConsumeAsync(QueueConsumer consumer)
    {
        await using (consumer)
        {
            try
            {
                while (true)
                {
                    while (await consumer.TakePageAsync(_stop.Token))
                        _stop.Token.ThrowIfCancellationRequested();
                    await _arrived.WaitAsync(_stop.Token);
                }
            }
            catch (OperationCanceledException) when (_stop.IsCancellationRequested)
            {
            }
        }
    }
}
