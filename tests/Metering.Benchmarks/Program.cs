using Metering.Benchmarks.Recovery;

string benchmark = args.FirstOrDefault() ?? "recovery";
return benchmark switch
{
    "recovery" => await RecoveryBenchmark.RunAsync(args.Skip(1).ToArray()),
    _ => Usage(),
};

static int Usage()
{
    Console.Error.WriteLine("usage: ./run bench [recovery [EVENTS]]");
    return 2;
}
