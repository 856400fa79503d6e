using System.Security.Cryptography;
using Metering.Delivery.Dunning;
using Metering.Delivery.Outbox;
using Metering.Delivery.Payments;
using Metering.Delivery.Stripe;
using Metering.Grid;
using Metering.Grid.Payments;
using Metering.Server.Settings;
using Metering.Storage.Postgres.Directories;

namespace Metering.Server.Hosting;

/// <summary>
/// Payments: the gateway where one is set up, the workers that push invoices and charge top-ups, dunning, the daily run over overage.
/// </summary>
internal sealed class PaymentParts : IAsyncDisposable
{
    private readonly ServerSettings settings;
    private readonly GridParts grid;
    private readonly ILoggerFactory logs;
    private readonly TimeProvider time;
    private readonly CancellationTokenSource stopping = new();
    private readonly StripeConnection? connection;
    private readonly PaymentDesk desk;
    private Task running = Task.CompletedTask;

    public PaymentParts(ServerSettings settings, GridParts grid, ILoggerFactory logs, TimeProvider time)
    {
        (this.settings, this.grid, this.logs, this.time) = (settings, grid, logs, time);
        connection = settings.Stripe is { } stripe ? new StripeConnection(stripe, ClusterName(grid.Engine), time) : null;
        desk = new PaymentDesk(
            grid.Engine, new PaymentAccounts(grid.Control), new PaymentRefunds(grid.Control), connection?.Gateway, connection?.Notices,
            logs);
    }

    /// <summary>Payments as the API asks for them.</summary>
    public IPayments Payments => desk;

    /// <summary>Begins to work, once.</summary>
    public void Start(OutboxInstruments instruments)
    {
        // A push of many lines takes a while; below the lease, so that no second worker begins.
        var pushes = new OutboxWorkerOptions { Parallel = 8, AttemptTimeout = TimeSpan.FromSeconds(50) };
        var steps = new OutboxWorkerOptions
        {
            Parallel = 4, AttemptTimeout = TimeSpan.FromSeconds(50), IdleInterval = TimeSpan.FromSeconds(2),
        };
        ILogger<OutboxWorker> log = logs.CreateLogger<OutboxWorker>();
        var dunning = new DunningHandler(grid.Engine, desk, settings.Dunning, time, reminds: settings.Mail is not null);
        OutboxWorker[] workers =
        [
            new(grid.Outbox, new PaymentHandler(desk), pushes, time, instruments, log),
            new(grid.Outbox, dunning, steps, time, instruments, log),
        ];
        var schedule = new OverageSchedule(desk, time, logs.CreateLogger<OverageSchedule>());
        running = Task.WhenAll(
        [
            .. workers.Select(worker => Task.Run(() => worker.RunAsync(stopping.Token), CancellationToken.None)),
            Task.Run(() => schedule.RunAsync(stopping.Token), CancellationToken.None),
        ]);
    }

    /// <summary>Takes nothing more, lets what is in hand end, gives the rest back.</summary>
    public async ValueTask DisposeAsync()
    {
        await stopping.CancelAsync();
        await running;
        connection?.Dispose();
        stopping.Dispose();
    }

    // Of the random key that a cluster is made with, which itself is nobody's to see.
    private static string ClusterName(IMeteringEngine engine) =>
        Convert.ToHexStringLower(SHA256.HashData(engine.Directory.Cluster.IdentityKey).AsSpan(0, 8));
}
