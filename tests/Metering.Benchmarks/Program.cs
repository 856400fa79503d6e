using Metering.Benchmarks.Parsing;
using Metering.Benchmarks.Recovery;

string benchmark = args.FirstOrDefault() ?? "recovery";
return benchmark switch
{
    "parse" => ParseBenchmark.Run(),
    "recovery" => await RecoveryBenchmark.RunAsync(args.Skip(1).ToArray()),
    _ => Usage(),
};

static int Usage()
{
    Console.Error.WriteLine("usage: ./run bench [parse | recovery [EVENTS]]");
    return 2;
}
