using System.Diagnostics;
using System.Globalization;
using Metering.Benchmarks.Run.Cells;

namespace Metering.Benchmarks.Run;

/// <summary><c>./run bench</c>: all cells side by side in one run, bounded in time, with an independent check behind them.</summary>
internal static class BenchCommand
{
    public static async Task<int> RunAsync(string[] args)
    {
        if (BenchOptions.Read(args) is not { } options)
        {
            Console.Error.WriteLine(BenchOptions.Usage);
            return 2;
        }

        long started = Stopwatch.GetTimestamp();
        await using BenchPostgres postgres = await BenchPostgres.StartAsync();
        var report = new BenchReport
        {
            Commit = Machine.Commit(),
            At = DateTimeOffset.UtcNow.ToString("yyyy-MM-dd HH:mm 'UTC'", CultureInfo.InvariantCulture),
            CommandLine = string.Join(' ', ["./run bench", .. args]),
            Machine = Machine.Describe(Path.GetTempPath()),
            Postgres = await postgres.DescribeAsync(),
        };
        bool right = true;
        foreach (int shards in options.Shards)
        {
            // The other numbers of shards only show what shards do.
            bool isFirst = shards == options.Shards[0];
            await using Bench bench = await Bench.StartAsync(options, postgres, shards, isFirst ? options.PeerNames : [], report);
            await Bursts.RunAsync(bench, isFirst);
            if (isFirst)
            {
                await ExactlyK.RunAsync(bench);
                await Reads.RunAsync(bench);
                await Sustained.RunAsync(bench);
            }

            right &= await bench.CheckAsync();
        }

        if (!options.Quick || options.Only.Count > 0)
        {
            await Recoveries.RunAsync(options, report);
            await Memory.RunAsync(options, postgres, report);
        }

        right &= report.Cells.TrueForAll(cell => cell.Right != false);
        report.Minutes = Stopwatch.GetElapsedTime(started).TotalMinutes;
        string name = options.Only.Count > 0 ? "partial" : options.Quick ? "quick" : options.Hour ? "hour" : "full";
        string file = ReportWriter.Write(report, name);
        Console.WriteLine(ReportWriter.Markdown(report));
        string outcome = right ? "done, zero differences" : "FAILED: see the report";
        Bench.Say($"{outcome}: {Path.GetRelativePath(Environment.CurrentDirectory, file)}");
        return right ? 0 : 1;
    }
}
