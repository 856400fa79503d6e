using System.Globalization;
using Metering.Benchmarks.Load;
using Metering.Benchmarks.Probe;

namespace Metering.Benchmarks.Run;

internal static class BenchCommand
{
    public static async Task<int> RunAsync(string[] args)
    {
        await using BenchPostgres postgres = await BenchPostgres.StartAsync();
        var runner = new LoadRunner(postgres);
        await using ServerTarget server = await ServerTarget.StartAsync(postgres, 1);
        await using ProbeTarget probe = await ProbeTarget.StartAsync(postgres, 1);
        var ledger = new ClientLedger();
        await server.AddCustomersAsync(0, 100_000);
        Console.WriteLine($"{DateTime.Now:HH:mm:ss} customers");
        await runner.RunAsync(server, runner.Spec(server, LoadKind.Grant) with { GrantCredits = 1_000_000_000 }, null);
        for (int i = 0; i < 100_000; i++)
            ledger.Granted[i] = 1_000_000_000;
        Console.WriteLine($"{DateTime.Now:HH:mm:ss} grants");
        foreach (var (n, c) in new[] { (1, 256), (100, 64), (1000, 16) })
            foreach (Skew skew in new[] { Skew.Spread, Skew.Hot })
                foreach (ITarget target in new ITarget[] { server, probe })
                {
                    await server.SettleAsync();
                    long journal = await target.JournalBytesAsync();
                    Measurement m = await runner.RunAsync(target, runner.Spec(target) with { EventsARequest = n, Connections = c, Skew = skew, Seconds = 2, WarmupSeconds = 1 }, target == server ? ledger : null);
                    long bytes = await target.JournalBytesAsync() - journal;
                    Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{DateTime.Now:HH:mm:ss} {n} {skew} {target.Name} {m.PerSecond:N0}/s p50 {m.Load.Latency.P50:0.0} p99 {m.Load.Latency.P99:0.0} p999 {m.Load.Latency.P999:0.0} cpu server {m.ServerMicroseconds:0.00} pg {m.PostgresMicroseconds:0.00} client {m.ClientMicroseconds:0.00} wal {m.WalBytes:0} journal {bytes / (double)Math.Max(1, m.Load.EventsLogged):0.0} {string.Join(',', m.Load.Statuses)}"));
                }

        var check = new IndependentCheck(server, runner, ledger);
        await check.RunAsync();
        Console.WriteLine($"{DateTime.Now:HH:mm:ss} {ledger.Events} events, {check.Differences} differences: {string.Join('\n', check.Examples)}");
        return 0;
    }
}
