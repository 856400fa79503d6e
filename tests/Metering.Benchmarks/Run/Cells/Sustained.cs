using System.Diagnostics;
using System.Globalization;
using Metering.Benchmarks.Load;
using Metering.Benchmarks.Processes;

namespace Metering.Benchmarks.Run.Cells;

/// <summary>Fixed rates for their latency, and longer runs with the projections beside them.</summary>
internal static class Sustained
{
    /// <summary>The peer that sustained load is compared with: it keeps a row an event, too.</summary>
    public const string Peer = "pg-batched";

    /// <summary>Single events a second in the open loop.</summary>
    public const int OpenRate = 10_000;

    /// <summary>Events a second of <c>--hour</c>, a hundred a request: about what the disk and the check behind it hold.</summary>
    private const int HourRate = 10_000;

    private const int BatchSize = 100;
    private const double SettleSeconds = 14;
    private static readonly TimeSpan _sampleEvery = TimeSpan.FromMilliseconds(500);

    /// <summary>The cells.</summary>
    public static IEnumerable<Cell> All(BenchOptions options)
    {
        if (options.Wants("open-loop"))
        {
            var turns = new Turns(
                "open-loop", string.Create(CultureInfo.InvariantCulture, $"open loop, {OpenRate:N0} single events a second"),
                spec => spec with { Rate = OpenRate, Connections = 512 })
            {
                Seconds = options.IsTimed ? options.Seconds : options.Quick ? 3 : 12, Repeats = 1, SettlingASecond = 0.2,
            };
            yield return new Cell(turns.Name, turns.FixedSeconds, turns.MeasuredSeconds, (bench, factor) =>
                OpenLoopAsync(bench, turns with { Seconds = turns.Seconds * factor }));
        }

        if (options.Wants("sustained"))
        {
            double seconds = options.IsTimed ? options.Seconds : options.Quick ? 7 : 60;
            bool hasPeer = !options.Hour && options.PeerNames.Contains(Peer);
            yield return new Cell("sustained", SettleSeconds, hasPeer ? 2 * seconds : seconds, (bench, factor) =>
                SustainedAsync(bench, seconds * factor, hasPeer));
        }
    }

    private static async Task OpenLoopAsync(Bench bench, Turns turns)
    {
        CellReport cell = await bench.MeasureAsync(turns);
        foreach (Measurement row in cell.Rows)
            cell.Facts[$"{row.Target} left waiting at the end"] = row.Load.Backlog.ToString(CultureInfo.InvariantCulture);
    }

    private static async Task SustainedAsync(Bench bench, double seconds, bool hasPeer)
    {
        string load = bench.Options.Hour
            ? string.Create(CultureInfo.InvariantCulture, $"{HourRate:N0} events a second, 100 a request")
            : "100 a request";
        var cell = new CellReport("sustained", string.Create(CultureInfo.InvariantCulture,
            $"{seconds:0} s of {load}, spread, rows projected meanwhile"), bench.Shards);
        using var stop = new CancellationTokenSource();
        await bench.Server.SettleAsync();
        Task watching = WatchAsync(bench.Server, cell.Samples, stop.Token);
        Measurement measured = await bench.MeasureOnceAsync(bench.Server, Spec(bench, bench.Server, seconds));
        await stop.CancelAsync();
        await watching;
        cell.Add(measured);
        Describe(cell, measured, ProcessTimes.ResidentMegabytesOf(bench.Server.ProcessId));
        Bench.Say($"  sustained: {measured.PerSecond:N0}/s, lag at most {cell.Samples.Max(sample => sample.LagSeconds):0.0} s");
        if (hasPeer && bench.FindPeer(Peer) is { } peer)
        {
            Measurement other = await bench.MeasureOnceAsync(peer, Spec(bench, peer, seconds));
            cell.Add(other);
            Bench.Say($"  sustained: {peer.Name} {other.PerSecond:N0}/s");
        }

        bench.Report.Cells.Add(cell);
    }

    private static LoadSpec Spec(Bench bench, ITarget target, double seconds) => bench.Runner.Spec(target) with
    {
        Customers = Bench.Customers, EventsARequest = BatchSize, Connections = bench.Options.Hour ? 64 : 32, Seconds = seconds,
            WarmupSeconds = 1, Rate = bench.Options.Hour ? HourRate / BatchSize : 0,
    };

    private static void Describe(CellReport cell, Measurement measured, double megabytes)
    {
        ServerCosts costs = measured.Costs!;
        double[] lags = [.. cell.Samples.Select(sample => sample.LagSeconds).Order()];
        cell.Facts["lag of the projections, median / highest s"] = Number($"{lags[lags.Length / 2]:0.0} / {lags[^1]:0.0}");
        cell.Facts["at the end, s / events"] = Number($"{costs.LagSeconds:0.0} / {costs.Backlog:N0}");
        cell.Facts["caught up after"] = Number($"{measured.SettledSeconds:0.0} s");
        cell.Facts["checkpoints, us an event / share of the server's processor time / bytes an event / buckets"] = Number(
            $"{costs.CheckpointMicroseconds:0.00} / {costs.CheckpointShare:P1} / {costs.CheckpointBytes:0} / {costs.CheckpointBuckets:N0}");
        cell.Facts["asked to send again"] = Number($"{measured.Load.Retries}");
        cell.Facts["server memory"] = Number($"{megabytes:0} MiB");
    }

    /// <summary>Looks twice a second; of a long run it keeps what was worst in every ten seconds.</summary>
    private static async Task WatchAsync(ServerTarget server, List<SampleReport> samples, CancellationToken stop)
    {
        long began = Stopwatch.GetTimestamp();
        do
        {
            ServerFigures figures = (await server.FiguresAsync())!;
            var sample = new SampleReport(
                Math.Round(Stopwatch.GetElapsedTime(began).TotalSeconds, 1), Math.Round(figures.LagSeconds, 2), figures.Backlog,
                Math.Round(ProcessTimes.ResidentMegabytesOf(server.ProcessId)), figures.PartitionsUnsaved);
            if (samples.Count > 200 && sample.Seconds - samples[^2].Seconds < 10)
                samples[^1] = sample.LagSeconds > samples[^1].LagSeconds ? sample : samples[^1];
            else
                samples.Add(sample);
            await Task.Delay(_sampleEvery, stop).ContinueWith(static _ => { }, CancellationToken.None, TaskContinuationOptions.None,
                TaskScheduler.Default);
        }
        while (!stop.IsCancellationRequested);
    }

    private static string Number(FormattableString number) => number.ToString(CultureInfo.InvariantCulture);
}
