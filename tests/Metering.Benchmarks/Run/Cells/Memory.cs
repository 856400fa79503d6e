using System.Globalization;
using Metering.Benchmarks.Load;
using Metering.Benchmarks.Processes;

namespace Metering.Benchmarks.Run.Cells;

/// <summary>The server's memory with a million customers in it, each of whom has used something.</summary>
internal static class Memory
{
    private const int Customers = 1_000_000;
    private const string Plan = "llm-postpaid";

    /// <summary>What it takes, mostly to add the customers.</summary>
    public const double FixedSeconds = 130;

    public static async Task RunAsync(BenchPostgres postgres, BenchReport report)
    {
        const int shards = 1;
        Bench.Say($"memory: adding {Customers:N0} customers");
        await using ServerTarget server = await ServerTarget.StartAsync(
            postgres, shards, Customers, 0, Plan, 0, fill: null,
            ("METERING_CUSTOMERS_IN_MEMORY_MAX", (2 * Customers).ToString(CultureInfo.InvariantCulture)));
        double before = ProcessTimes.ResidentMegabytesOf(server.ProcessId);
        var runner = new LoadRunner(postgres);
        var ledger = new ClientLedger();
        LoadSpec spec = runner.Spec(server) with
        {
            Customers = Customers, Skew = Skew.InTurn, EventsARequest = 1_000, Connections = 4, RequestsMax = Customers / 1_000,
                Seconds = 600,
        };
        Measurement measured = await runner.RunAsync(server, spec, ledger);
        await server.SettleAsync();
        double after = ProcessTimes.ResidentMegabytesOf(server.ProcessId);
        var cell = new CellReport("memory", string.Create(CultureInfo.InvariantCulture,
            $"{Customers:N0} customers, an event each, first use"), shards);
        cell.Add(measured);
        cell.Facts["resident memory"] = string.Create(CultureInfo.InvariantCulture, $"{after:0} MiB, {before:0} MiB without customers");
        cell.Facts["customers in memory"] = ledger.Customers.Count.ToString("N0", CultureInfo.InvariantCulture);
        Bench.Say($"  {after:0} MiB with {ledger.Customers.Count:N0} customers");
        report.Cells.Add(cell);
    }
}
