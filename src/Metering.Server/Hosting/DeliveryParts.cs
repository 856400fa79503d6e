using System.Diagnostics.Metrics;
using Metering.Delivery.Outbox;
using Metering.Delivery.Webhooks;
using Metering.Grid.Outbox;
using Metering.Grid.Webhooks;
using Metering.Server.Settings;

namespace Metering.Server.Hosting;

/// <summary>What carries events out of the grid: a worker for each way out. Begins after the API, ends before the grid.</summary>
internal sealed class DeliveryParts : IAsyncDisposable
{
    private readonly CancellationTokenSource stop = new();
    private readonly OutboxInstruments instruments;
    private readonly WebhookSender sender;
    private readonly Task running;

    private DeliveryParts(
        ServerSettings settings, IOutbox outbox, IWebhookEndpoints endpoints, IMeterFactory meters, ILoggerFactory logs, TimeProvider time)
    {
        instruments = new OutboxInstruments(meters);
        var timeout = TimeSpan.FromSeconds(settings.WebhookTimeoutSeconds);
        sender = new WebhookSender(
            new WebhookOptions { Timeout = timeout, AllowPrivate = settings.WebhookPrivateAddresses }, time);
        var fanOut = new OutboxWorkerOptions();
        var sending = new OutboxWorkerOptions
        {
            ParallelPerTarget = settings.WebhookParallelPerEndpoint,
            // The sender ends an attempt itself; this is for what is not the endpoint's doing.
            AttemptTimeout = timeout + TimeSpan.FromSeconds(5),
        };
        ILogger<OutboxWorker> log = logs.CreateLogger<OutboxWorker>();
        OutboxWorker[] workers =
        [
            new(outbox, new WebhookFanOut(endpoints), fanOut, time, instruments, log),
            new(outbox, new WebhookDeliveries(endpoints, sender, time), sending, time, instruments, log),
        ];
        running = Task.WhenAll(workers.Select(worker => Task.Run(() => worker.RunAsync(stop.Token), CancellationToken.None)));
    }

    /// <summary>What the workers measure; one for all of a process.</summary>
    public OutboxInstruments Instruments => instruments;

    /// <summary>Begins to deliver.</summary>
    public static DeliveryParts Start(
        ServerSettings settings, GridParts grid, IMeterFactory meters, ILoggerFactory logs, TimeProvider time) =>
        new(settings, grid.Outbox, grid.WebhookEndpoints, meters, logs, time);

    /// <summary>Takes nothing more, lets what is in hand end within two seconds, gives the rest back.</summary>
    public async ValueTask DisposeAsync()
    {
        await stop.CancelAsync();
        await running;
        sender.Dispose();
        instruments.Dispose();
        stop.Dispose();
    }
}
