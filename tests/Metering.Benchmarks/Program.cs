using Metering.Benchmarks.Billing;
using Metering.Benchmarks.HotPath;
using Metering.Benchmarks.Load;
using Metering.Benchmarks.Parsing;
using Metering.Benchmarks.Peers;
using Metering.Benchmarks.Peers.Check;
using Metering.Benchmarks.Probe;
using Metering.Benchmarks.Processes;
using Metering.Benchmarks.Projections;
using Metering.Benchmarks.Recovery;
using Metering.Benchmarks.Run;
using Metering.Server.Settings;
using Metering.TestSupport;

// As the server runs its own PostgreSQL.
PostgresServer.SharedBuffersMegabytes = new ServerSettings().SharedBuffersMegabytes;
return args.FirstOrDefault() switch
{
    "parse" => ParseBenchmark.Run(),
    "invoices" => await InvoiceBenchmark.RunAsync(args[1..]),
    "recovery" => await RecoveryBenchmark.RunAsync(args[1..]),
    "projections" => await ProjectionBenchmark.RunAsync(args[1..]),
    "hotpath" => await HotPathBenchmark.RunAsync(args[1..]),
    "load" => LoadProcess.Run(),
    "probe" => await ProbeProcess.RunAsync(args[1..]),
    "peer" => await PeerProcess.RunAsync(args[1..]),
    "peers" => await PeersCommand.RunAsync(args[1..]),
    "orphans" => await OrphansCommand.RunAsync(args[1..]),
    _ => await BenchCommand.RunAsync(args),
};
