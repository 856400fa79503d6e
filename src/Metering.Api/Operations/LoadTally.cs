using Metering.Core.Usage;
using Metering.Grid.Ingest;

namespace Metering.Api.Operations;

/// <summary>Counts what a load test sees.</summary>
internal sealed class LoadTally
{
    private readonly Lock guard = new();
    private readonly List<TimeSpan> latencies = [];
    private int sent;
    private int accepted;
    private int refused;

    /// <summary>A batch that was answered.</summary>
    public void Add(int events, IngestAnswer answer, TimeSpan took)
    {
        int taken = answer.Status == IngestStatus.Decided
            ? answer.Results.Count(result => result.Code is EventCode.Accepted or EventCode.Duplicate)
            : 0;
        lock (guard)
        {
            accepted += taken;
            refused += events - taken;
            Count(events, took);
        }
    }

    /// <summary>A batch of which nothing was taken.</summary>
    public void AddRefused(int events, TimeSpan took)
    {
        lock (guard)
        {
            refused += events;
            Count(events, took);
        }
    }

    /// <summary>Everything so far.</summary>
    public LoadAnswer ToAnswer(string customerId, TimeSpan duration)
    {
        lock (guard)
        {
            latencies.Sort();
            return new LoadAnswer(
                customerId, sent, accepted, refused, Math.Round(duration.TotalSeconds, 3),
                EngineFigures.PerSecond(accepted, duration.TotalSeconds),
                Milliseconds(0.5), Milliseconds(0.95), Milliseconds(0.99), Milliseconds(1));
        }
    }

    private void Count(int events, TimeSpan took)
    {
        sent += events;
        latencies.Add(took);
    }

    /// <summary>The nearest-rank percentile.</summary>
    private double Milliseconds(double share) => latencies.Count == 0
        ? 0
        : Math.Round(latencies[Math.Max(0, (int)Math.Ceiling(latencies.Count * share) - 1)].TotalMilliseconds, 3);
}
