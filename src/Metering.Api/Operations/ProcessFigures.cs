using Metering.Grid;
using Microsoft.Extensions.Hosting;

namespace Metering.Api.Operations;

/// <summary>Samples the engine's counters once a second and keeps the latencies of event requests, for <c>GET
/// /api/v1/metrics</c>.</summary>
internal sealed class ProcessFigures(IMeteringEngine engine, TimeProvider time) : BackgroundService
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    private readonly RateWindow accepted = new();

    /// <summary>How long event requests took.</summary>
    public LatencyWindow Latencies { get; } = new(time);

    /// <summary>Events accepted in the last minute, and over how many seconds that is.</summary>
    public (long Count, double Seconds) LastMinute(EngineStatus status) =>
        accepted.Read(time.GetElapsedTime(0), Volatile.Read(ref status.EventsAccepted));

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Interval, time);
        do
        {
            accepted.Sample(time.GetElapsedTime(0), Volatile.Read(ref engine.Status.EventsAccepted));
        }
        while (await WaitAsync(timer, stoppingToken));
    }

    private static async ValueTask<bool> WaitAsync(PeriodicTimer timer, CancellationToken stopping)
    {
        try
        {
            return await timer.WaitForNextTickAsync(stopping);
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }
}
