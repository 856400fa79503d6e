using System.Globalization;
using Metering.Benchmarks.Processes;
using Metering.Benchmarks.Run;

namespace Metering.Benchmarks.Probe;

/// <summary>The limit probe as a process.</summary>
internal sealed class ProbeTarget : ITarget
{
    private readonly ChildProcess process;

    private ProbeTarget(string name, ChildProcess process, int port)
    {
        Name = name;
        this.process = process;
        Port = port;
    }

    public string Name { get; }

    public int Port { get; }

    public int ProcessId => process.Id;

    public static async Task<ProbeTarget> StartAsync(BenchPostgres postgres, int shards)
    {
        var databases = new List<string>();
        for (int i = 0; i < shards; i++)
            databases.Add(await postgres.CreateDatabaseAsync("probe"));
        // The same garbage collector as the server has.
        ChildProcess process = ChildProcess.Start(["probe", .. databases], ("DOTNET_gcServer", "1"));
        return new ProbeTarget("limit probe", process, int.Parse(await process.ReadLineAsync(), CultureInfo.InvariantCulture));
    }

    public Task SettleAsync() => Task.CompletedTask;

    public ValueTask DisposeAsync() => process.DisposeAsync();
}
