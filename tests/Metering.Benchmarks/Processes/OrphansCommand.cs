using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Metering.Benchmarks.Load;
using Metering.Benchmarks.Peers;
using Metering.Benchmarks.Probe;
using Metering.Benchmarks.Run;

namespace Metering.Benchmarks.Processes;

/// <summary>
/// <c>./run bench orphans</c>: whether everything that a run starts ends with it, when it is killed, when it crashes, and when it is told
/// to end. It starts a run's processes from a process of their own, ends that one in each of these ways, and waits for the others' end.
/// </summary>
internal static class OrphansCommand
{
    private const int Customers = 2_000;
    private static readonly string[] _ways = ["killed", "crashed", "terminated"];
    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(10);

    public static async Task<int> RunAsync(string[] args)
    {
        if (args.FirstOrDefault() == "hold")
            return await HoldAsync(args[1]);
        bool sound = true;
        foreach (string way in args.Length > 0 ? args : _ways)
            sound &= await TryAsync(way);
        return sound ? 0 : 1;
    }

    private static async Task<bool> TryAsync(string way)
    {
        var start = new ProcessStartInfo("dotnet", [typeof(OrphansCommand).Assembly.Location, "orphans", "hold", way])
        {
            RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true,
        };
        using Process holder = Process.Start(start)!;
        Task<string> errors = holder.StandardError.ReadToEndAsync();
        string? line = await holder.StandardOutput.ReadLineAsync();
        if (line is null)
        {
            Console.Error.WriteLine(await errors);
            return false;
        }

        Dictionary<string, int> started = JsonSerializer.Deserialize<Dictionary<string, int>>(line)!;
        if (started.Where(process => !Signals.IsAlive(process.Value)).Select(process => process.Key).ToArray() is { Length: > 0 } early)
        {
            Console.Error.WriteLine($"{way}: ended too early: {string.Join(", ", early)}");
            return false;
        }

        if (way == "killed")
            holder.Kill();
        else if (way == "terminated")
            Signals.Send(holder.Id, Signals.Terminate);
        else
            await holder.StandardInput.WriteLineAsync();
        await holder.WaitForExitAsync();
        long began = Stopwatch.GetTimestamp();
        string[] left;
        do
        {
            await Task.Delay(20);
            left = [.. started.Where(process => Signals.IsAlive(process.Value)).Select(process => process.Key)];
        }
        while (left.Length > 0 && Stopwatch.GetElapsedTime(began) < _patience);
        string after = Stopwatch.GetElapsedTime(began).TotalSeconds.ToString("0.00", CultureInfo.InvariantCulture);
        Console.WriteLine(left.Length == 0
            ? $"{way}: {started.Count} processes ended within {after} s: {string.Join(", ", started.Keys)}"
            : $"{way}: still there: {string.Join(", ", left)}");
        return left.Length == 0;
    }

    /// <summary>Starts one of everything, says the numbers of the processes, and ends as it is told.</summary>
    private static async Task<int> HoldAsync(string way)
    {
        await using BenchPostgres postgres = await BenchPostgres.StartAsync();
        await using ServerTarget server = await ServerTarget.StartAsync(postgres, 1, Customers, Customers, ModelPrices.Plan, 1, fill: null);
        await using ProbeTarget probe = await ProbeTarget.StartAsync(postgres, 1);
        var processes = new Dictionary<string, int>
        {
            ["PostgreSQL"] = postgres.ProcessId, ["server"] = server.ProcessId, ["probe"] = probe.ProcessId,
        };
        var peers = new List<PeerTarget>();
        foreach (string name in (string[])["pg-batched", "redis-lua"])
        {
            if (await PeerCatalog.MissingAsync(name) is not null)
                continue;
            PeerTarget peer = await PeerTarget.StartAsync(name, postgres, Customers, 1);
            peers.Add(peer);
            processes.Add(name, peer.ProcessId);
            if (peer.StoreProcessId > 0)
                processes.Add($"{name}'s store", peer.StoreProcessId);
        }

        // A job that would go on for an hour, and a server that stands still, as it does while others are measured.
        await using ChildProcess load = ChildProcess.Start(["load"]);
        await load.WriteLineAsync(JsonSerializer.Serialize(new LoadRunner(postgres).Spec(probe) with { Seconds = 3_600, Connections = 4 }));
        await load.ReadLineAsync();
        processes.Add("load generator", load.Id);
        server.Pause(true);
        Console.WriteLine(JsonSerializer.Serialize(processes));
        await Console.In.ReadLineAsync();
        if (way == "crashed")
            Environment.FailFast("It was told to crash.");
        return 0;
    }
}
