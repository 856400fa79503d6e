using System.Text.Json;

namespace Metering.Benchmarks.Load;

/// <summary>
/// The load generator as a process of its own: a job as a line of JSON comes in, the marks of the measured time and the result go out.
/// </summary>
internal static class LoadProcess
{
    public const string Begin = "begin";
    public const string End = "end";

    public static int Run()
    {
        LoadSpec spec = JsonSerializer.Deserialize<LoadSpec>(Console.ReadLine() ?? throw new InvalidOperationException("No job."))!;
        Workload workload = spec.Kind switch
        {
            LoadKind.Ingest => new EventWorkload(spec),
            LoadKind.Grant => new GrantWorkload(spec),
            LoadKind.Balance => new BalanceWorkload(spec),
            LoadKind.Check => new CheckWorkload(spec, checksOfTen: 10),
            LoadKind.Mixed => new CheckWorkload(spec, checksOfTen: 9),
            LoadKind.Freshness => new FreshnessWorkload(spec),
            _ => throw new InvalidOperationException($"There is no job {spec.Kind}."),
        };
        using var loop = new LoadLoop(spec, workload);
        LoadResult result = loop.Run(() => Console.WriteLine(Begin), () => Console.WriteLine(End));
        workload.WriteLog();
        Console.WriteLine(JsonSerializer.Serialize(result));
        return 0;
    }
}
