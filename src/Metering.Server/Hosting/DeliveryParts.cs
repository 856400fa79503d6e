using System.Diagnostics.Metrics;
using Metering.Delivery.Mail;
using Metering.Delivery.Mail.Smtp;
using Metering.Delivery.Outbox;
using Metering.Delivery.Webhooks;
using Metering.Grid.Documents;
using Metering.Grid.Outbox;
using Metering.Grid.Webhooks;
using Metering.Server.Settings;

namespace Metering.Server.Hosting;

/// <summary>What carries events out of the grid: a worker for each way out. Begins after the API, ends before the grid.</summary>
internal sealed partial class DeliveryParts : IAsyncDisposable
{
    private readonly CancellationTokenSource stop = new();
    private readonly OutboxInstruments instruments;
    private readonly WebhookSender sender;
    private readonly Task running;

    private DeliveryParts(
        ServerSettings settings, GridParts grid, IInvoiceDocuments documents, IMeterFactory meters, ILoggerFactory logs, TimeProvider time)
    {
        (IOutbox outbox, IWebhookEndpoints endpoints) = (grid.Outbox, grid.WebhookEndpoints);
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
        Func<OutboxMessage, OutboxMessage?>[] others = settings.Mail is null ? [] : [MailRows.Of];
        List<OutboxWorker> workers =
        [
            new(outbox, new WebhookFanOut(endpoints, others), fanOut, time, instruments, log),
            new(outbox, new WebhookDeliveries(endpoints, sender, time), sending, time, instruments, log),
        ];
        ILogger own = logs.CreateLogger("Metering.Delivery");
        if (settings.Mail is { } mail)
        {
            var handler = new MailHandler(new SmtpMailSender(mail.Server), new EngineMailFacts(grid.Engine), documents, mail.Options, time);
            // One mail server for all: what it takes at once is little.
            workers.Add(new OutboxWorker(outbox, handler, new OutboxWorkerOptions { Parallel = 4 }, time, instruments, log));
            LogMailOn(own, mail.Server.Host, mail.Server.Port, mail.Options.From.Address);
        }
        else
        {
            LogMailOff(own);
        }

        running = Task.WhenAll(workers.Select(worker => Task.Run(() => worker.RunAsync(stop.Token), CancellationToken.None)));
    }

    /// <summary>What the workers measure; one for all of a process.</summary>
    public OutboxInstruments Instruments => instruments;

    /// <summary>Begins to deliver.</summary>
    public static DeliveryParts Start(
        ServerSettings settings, GridParts grid, IInvoiceDocuments documents, IMeterFactory meters, ILoggerFactory logs,
        TimeProvider time) =>
        new(settings, grid, documents, meters, logs, time);

    /// <summary>Takes nothing more, lets what is in hand end within two seconds, gives the rest back.</summary>
    public async ValueTask DisposeAsync()
    {
        await stop.CancelAsync();
        await running;
        sender.Dispose();
        instruments.Dispose();
        stop.Dispose();
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "mail goes to {Host}:{Port} from {From}")]
    private static partial void LogMailOn(ILogger log, string host, int port, string from);

    [LoggerMessage(Level = LogLevel.Information, Message = "mail is off: mail_host is not set")]
    private static partial void LogMailOff(ILogger log);
}
