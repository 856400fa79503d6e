using System.Globalization;
using Metering.Benchmarks.Run.Cells;

namespace Metering.Benchmarks.Run;

/// <summary><c>./run bench</c>: all cells side by side in one run, bounded in time, with an independent check behind them.</summary>
internal static class BenchCommand
{
    /// <summary>What a server with its customers, the probe and a peer take to start.</summary>
    private const double SetUpSeconds = 28;
    private const double PeerSeconds = 1;
    private const double CompileSeconds = 12;
    private const double CompilePeerSeconds = 2;
    private const double CheckSeconds = 6;
    private const double CheckMicrosecondsAnEvent = 5;
    private const double ReportSeconds = 3;

    public static async Task<int> RunAsync(string[] args)
    {
        if (BenchOptions.Read(args) is not { } options)
        {
            Console.Error.WriteLine(BenchOptions.Usage);
            return 2;
        }

        var limit = new TimeLimit(options.Minutes * 60);
        await using BenchPostgres postgres = await BenchPostgres.StartAsync();
        var report = new BenchReport
        {
            Commit = Machine.Commit(),
            At = DateTimeOffset.UtcNow.ToString("yyyy-MM-dd HH:mm 'UTC'", CultureInfo.InvariantCulture),
            CommandLine = string.Join(' ', ["./run bench", .. args]),
            Machine = Machine.Describe(Path.GetTempPath()),
            Postgres = await postgres.DescribeAsync(),
        };
        string name = options.IsHour ? "hour" : options.Hour || options.Only.Count > 0 ? "partial" : options.Quick ? "quick" : "full";
        using var overrun = new Timer(_ => BreakOff(report, limit, name), null, limit.LeftUntilForce, Timeout.InfiniteTimeSpan);
        bool right = await RunAsync(options, postgres, report, limit);
        right &= report.Cells.TrueForAll(cell => cell.Right != false);
        string file = Finish(report, limit, name);
        string outcome = right ? "done, zero differences" : "FAILED: see the report";
        Bench.Say($"{outcome}: {Path.GetRelativePath(Environment.CurrentDirectory, file)}");
        return right ? 0 : 1;
    }

    private static async Task<bool> RunAsync(BenchOptions options, BenchPostgres postgres, BenchReport report, TimeLimit limit)
    {
        Stage[] stages = [.. options.Shards.Select(shards => Stage.Of(options, shards, isFirst: shards == options.Shards[0]))
            .Where(stage => stage.Before.Count + stage.After.Count > 0)];
        foreach (Stage stage in stages)
            Plan(limit, stage);
        bool isWhole = !options.Quick || options.Only.Count > 0;
        if (isWhole && options.Wants("recovery"))
            limit.Plan("recovery", Recoveries.FixedSeconds, 0);
        if (isWhole && options.Wants("invoices"))
            limit.Plan("invoices", MonthEnd.FixedSeconds, 0);
        if (isWhole && options.Wants("memory"))
            limit.Plan("memory", Memory.FixedSeconds, 0);

        bool right = true;
        foreach (Stage stage in stages)
            right &= await TryAsync(limit, stage.Name, () => RunAsync(options, postgres, report, limit, stage));
        if (isWhole && options.Wants("recovery"))
            right &= await TryAsync(limit, "recovery", _ => Recoveries.RunAsync(report));
        if (isWhole && options.Wants("invoices"))
            right &= await TryAsync(limit, "invoices", _ => MonthEnd.RunAsync(report));
        if (isWhole && options.Wants("memory"))
            right &= await TryAsync(limit, "memory", _ => Memory.RunAsync(postgres, report));
        return right;
    }

    private static Task<bool> TryAsync(TimeLimit limit, string name, Func<double, Task> run) => TryAsync(limit, name, async () =>
    {
        await limit.RunAsync(name, run);
        return true;
    });

    /// <summary>What breaks fails the run, and is said in its report; what was measured before and comes after stays in it.</summary>
    private static async Task<bool> TryAsync(TimeLimit limit, string name, Func<Task<bool>> run)
    {
        try
        {
            return await run();
        }
        catch (Exception exception)
        {
            Console.Error.WriteLine(exception);
            limit.LeaveOut(planned => planned.Contains(name, StringComparison.Ordinal));
            limit.Reserve = static () => ReportSeconds;
            limit.Cut($"**broken**: {name}: {exception.Message.ReplaceLineEndings(" ")}");
            return false;
        }
    }

    private static void Plan(TimeLimit limit, Stage stage)
    {
        limit.Plan(stage.Name, SetUpSeconds + (PeerSeconds * stage.Peers.Count), 0);
        foreach (Cell cell in stage.Before)
            limit.Plan(stage.NameOf(cell), cell.FixedSeconds, cell.MeasuredSeconds);
        limit.Plan(stage.CompileName, CompileSeconds + (CompilePeerSeconds * stage.Peers.Count(Bursts.TakesBatches)), 0);
        foreach (Cell cell in stage.After)
            limit.Plan(stage.NameOf(cell), cell.FixedSeconds, cell.MeasuredSeconds);
        limit.Plan(stage.CheckName, CheckSeconds, 0, isVital: true);
    }

    private static async Task<bool> RunAsync(
        BenchOptions options, BenchPostgres postgres, BenchReport report, TimeLimit limit, Stage stage)
    {
        Bench? started = null;
        await limit.RunAsync(stage.Name, async _ => started = await Bench.StartAsync(options, postgres, stage.Shards, stage.Peers, report));
        if (started is null)
        {
            limit.LeaveOut(name => name.Contains(stage.Name, StringComparison.Ordinal));
            return true;
        }

        await using Bench bench = started;
        limit.Reserve = () => ReportSeconds + (bench.Ledger.Events * CheckMicrosecondsAnEvent / 1e6);
        foreach (Cell cell in stage.Before)
            await limit.RunAsync(stage.NameOf(cell), factor => cell.RunAsync(bench, factor));
        await limit.RunAsync(stage.CompileName, _ => stage.After.Count > 0 ? bench.CompileAsync() : Task.CompletedTask);
        foreach (Cell cell in stage.After)
            await limit.RunAsync(stage.NameOf(cell), factor => cell.RunAsync(bench, factor));
        bool right = false;
        limit.Reserve = static () => ReportSeconds;
        await limit.RunAsync(stage.CheckName, async _ => right = await bench.CheckAsync());
        return right;
    }

    /// <summary>Past the limit by more than planning allows for: what there is is written, and everything ends with this process.</summary>
    private static void BreakOff(BenchReport report, TimeLimit limit, string name)
    {
        lock (report)
        {
            limit.Cut($"broken off after {limit.Elapsed:0} s: what is not in this report was not measured, nothing was checked after it");
            Finish(report, limit, name);
            Environment.Exit(1);
        }
    }

    private static string Finish(BenchReport report, TimeLimit limit, string name)
    {
        report.Minutes = limit.Elapsed / 60;
        report.Cuts = limit.Cuts;
        report.Goals.Clear();
        if (report.Cells.Count > 0)
            report.Goals.AddRange(Goals.Of(report));
        report.Shards = [.. ShardComparison.Of(report.Cells)];
        string file = ReportWriter.Write(report, name);
        Console.WriteLine(ReportWriter.Markdown(report));
        return file;
    }
}
