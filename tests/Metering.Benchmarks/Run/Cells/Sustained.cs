using System.Globalization;
using System.Text.Json;
using Metering.Benchmarks.Load;
using Metering.TestSupport;

namespace Metering.Benchmarks.Run.Cells;

/// <summary>Fixed rates for their latency, and a longer run with the projections beside it.</summary>
internal static class Sustained
{
    private const int OpenRate = 10_000;
    private const double LagGoalSeconds = 5;
    private const double OpenGoalMilliseconds = 65;

    public static async Task RunAsync(Bench bench)
    {
        if (bench.Options.Wants("open-loop"))
            await OpenLoopAsync(bench);
        if (bench.Options.Wants("sustained"))
            await SustainedAsync(bench);
    }

    private static async Task OpenLoopAsync(Bench bench)
    {
        CellReport cell = await bench.MeasureAsync(
            "open-loop", $"open loop, {OpenRate.ToString("N0", CultureInfo.InvariantCulture)} single events a second",
            spec => spec with { Rate = OpenRate, Connections = 512, Seconds = bench.Options.Quick ? 4 : 15 },
            repeats: 1);
        foreach (Measurement row in cell.Rows)
            cell.Facts[$"{row.Target} left waiting at the end"] = row.Load.Backlog.ToString(CultureInfo.InvariantCulture);
        bool isMet = cell.Rows[0].Load.Latency.P95 < OpenGoalMilliseconds;
        cell.Facts["goal"] = $"p95 under {OpenGoalMilliseconds} ms: {(isMet ? "met" : "not met")}";
    }

    private static async Task SustainedAsync(Bench bench)
    {
        double seconds = bench.Options.Hour ? 3_600 : bench.Options.Quick ? 12 : 60;
        await bench.Server.SettleAsync();
        using var stop = new CancellationTokenSource();
        Task<List<double>> watching = WatchLagAsync(bench.Server, stop.Token);
        Measurement measured = await bench.MeasureOnceAsync(bench.Server, bench.Runner.Spec(bench.Server) with
        {
            Customers = Bench.Customers, EventsARequest = 100, Connections = 32, Seconds = seconds, WarmupSeconds = 1,
        });
        await stop.CancelAsync();
        List<double> lags = await watching;
        var settling = System.Diagnostics.Stopwatch.StartNew();
        await bench.Server.SettleAsync();
        var cell = new CellReport("sustained", string.Create(CultureInfo.InvariantCulture,
            $"{seconds:0} s of 100 a request, spread, rows projected meanwhile"), bench.Shards);
        cell.Rows.Add(measured);
        cell.Range[measured.Target] = (measured.PerSecond, measured.PerSecond);
        lags.Sort();
        cell.Facts["lag of the projections, median / highest s"] = string.Create(CultureInfo.InvariantCulture,
            $"{lags[lags.Count / 2]:0.0} / {lags[^1]:0.0}");
        cell.Facts["goal"] = $"under {LagGoalSeconds} s: {(lags[^1] < LagGoalSeconds ? "met" : "not met")}";
        cell.Facts["caught up after"] = string.Create(CultureInfo.InvariantCulture, $"{settling.Elapsed.TotalSeconds:0.0} s");
        cell.Facts["asked to send again"] = measured.Load.Retries.ToString(CultureInfo.InvariantCulture);
        cell.Facts["server memory"] = string.Create(CultureInfo.InvariantCulture,
            $"{ProcessTimes.ResidentMegabytesOf(bench.Server.ProcessId):0} MiB");
        Bench.Say($"  sustained: {measured.PerSecond:N0}/s, lag {lags[lags.Count / 2]:0.0} s, at most {lags[^1]:0.0} s");
        bench.Report.Cells.Add(cell);
    }

    private static async Task<List<double>> WatchLagAsync(ServerTarget server, CancellationToken stop)
    {
        using var http = new HttpClient(new SocketsHttpHandler { UseProxy = false })
        {
            BaseAddress = new Uri($"http://127.0.0.1:{server.Port.ToString(CultureInfo.InvariantCulture)}"),
        };
        http.DefaultRequestHeaders.Authorization = new("Bearer", ServerProcess.OperatorKey);
        var lags = new List<double>();
        do
        {
            using JsonDocument metrics = JsonDocument.Parse(await http.GetStringAsync("/api/v1/metrics", CancellationToken.None));
            lags.Add(metrics.RootElement.GetProperty("projection_lag_seconds").GetDouble());
            await Task.Delay(500, stop).ContinueWith(static _ => { }, CancellationToken.None, TaskContinuationOptions.None,
                TaskScheduler.Default);
        }
        while (!stop.IsCancellationRequested);
        return lags;
    }
}
