using System.Diagnostics;
using Xunit.Abstractions;

namespace Metering.Scenarios.Crash;

/// <summary>The disk of the private PostgreSQL is full, and then is not.</summary>
public sealed class DiskFullTests(ITestOutputHelper output)
{
    private const int Clients = 4;
    private const int Megabytes = 300;

    [MountFact]
    public async Task Full_disk_is_answered_with_503_and_served_again_when_there_is_room()
    {
        using var place = new Guardian();
        using var disk = new SmallDisk(Path.Combine(place.Path, "disk"), Megabytes);
        await using var run = new CrashRun(CrashCluster.WithOwnPostgres(disk.Folder), output);
        ServerProcess server = await run.OpenAsync();
        Load load = Load.Start(run.Client, run.Seed, Clients);
        await run.ServiceAsync(Stopwatch.GetTimestamp(), server);
        for (int time = 1; time <= 2; time++)
        {
            await run.PauseAsync(300, 1000);
            long full = Stopwatch.GetTimestamp();
            long answered = -1;
            long before = run.Log.Requests.Unavailable;

            // PostgreSQL still has room in the files it made before: it is full when writes have failed for a while and nothing is
            // answered any more.
            while (run.Log.Requests.Unavailable - before < 8 || run.Log.Requests.Answered != answered)
            {
                disk.Fill();
                answered = run.Log.Requests.Answered;
                Assert.True(Stopwatch.GetElapsedTime(full) < TimeSpan.FromSeconds(60), $"A full disk stops nothing:\n{server.Output}");
                Assert.False(server.HasExited, $"The server ended with its disk:\n{server.Output}");
                await Task.Delay(100);
            }

            long cleared = Stopwatch.GetTimestamp();
            disk.Clear();
            TimeSpan took = await run.RecoveryAsync(cleared, server);
            run.Say($"full {time}: {run.Log.Requests.Unavailable - before} answers of 503 within "
                + $"{Stopwatch.GetElapsedTime(full, cleared).TotalSeconds:F1} s; served {took.TotalSeconds:F2} s after there was room");
        }

        await run.PauseAsync(300, 600);
        await load.FinishAsync();
        await run.JudgeAsync();
        await run.StopAsync(server);
    }
}
