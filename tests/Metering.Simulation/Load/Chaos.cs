using Metering.Simulation.Running;

namespace Metering.Simulation.Load;

/// <summary>What happens to processes, clocks and shards, at steps that the seed picks.</summary>
internal sealed class Chaos(Cluster cluster, Dice dice)
{
    private long next = dice.Between(50, 1_000);

    /// <summary>Does the next thing if its step has come.</summary>
    public void Step()
    {
        Scheduler scheduler = cluster.Scheduler;
        if (cluster.Faults.IsOver || scheduler.Step < next)
            return;
        next = scheduler.Step + dice.Between(10, dice.PerMille(400) ? 80 : 700);
        int roll = dice.Below(100);
        Server? server = cluster.Servers.Count == 0 ? null : dice.Pick(cluster.Servers);
        if (server is null || cluster.Servers.TrueForAll(each => each.IsStale))
            Begin("restart");
        else if (roll < 22)
            Crash(server);
        else if (roll < 36)
            TakeOver(server);
        else if (roll < 46)
            Pause(server);
        else if (roll < 60)
            Jump(server);
        else if (roll < 74)
            cluster.Shards[dice.Below(cluster.Shards.Length)].AwayUntil = Count("shard away", scheduler.Now + dice.Between(500, 800_000));
        else if (roll < 86)
            Skip();
        else if (roll < 94)
            Stop(server);
        else
            Recompile();
    }

    private void Begin(string why)
    {
        Count(why, 0);
        cluster.Start();
    }

    private void Crash(Server server)
    {
        Count("crash", 0);
        cluster.Kill(server);
        if (dice.PerMille(600) && cluster.Servers.TrueForAll(each => each.IsStale))
            cluster.Start();
    }

    private void TakeOver(Server server)
    {
        if (cluster.Servers.Count > 2)
            return;
        Count("take-over", 0);
        if (dice.PerMille(400))
            server.Process.PausedUntil = cluster.Scheduler.Now + dice.Between(1_000, 2_000_000);
        cluster.Start();
    }

    private void Pause(Server server) =>
        server.Process.PausedUntil = Count("pause", cluster.Scheduler.Now + dice.Between(1_000, 3_000_000));

    private void Jump(Server server)
    {
        Count("clock jump", 0);
        long offset = dice.PerMille(150) ? dice.Between(-7_200_000_000, 7_200_000_000) : dice.Between(-50_000_000, 50_000_000);
        server.Process.ClockOffset = dice.PerMille(300) ? 0 : offset;
        cluster.SeeClocks();
    }

    private void Skip()
    {
        Count("time skipped", 0);
        long minutes = dice.PerMille(150) ? dice.Between(60, 1_800) : dice.Between(1, 40);
        cluster.Scheduler.SkipTime(TimeSpan.FromMinutes(minutes));
    }

    private void Stop(Server server)
    {
        Count("orderly stop", 0);
        cluster.Scheduler.Post(server.Process, () => _ = StopAsync(server));
    }

    private void Recompile()
    {
        Count("directory change", 0);
        cluster.Directory.Recompile();
    }

    private async Task StopAsync(Server server)
    {
        try
        {
            await server.Engine.StopAsync();
            if (server.Process.IsAlive)
                cluster.Kill(server);
        }
        catch (Exception exception)
        {
            cluster.Scheduler.Faults.Add($"{server.Process.Name} did not stop: {exception}");
        }
    }

    private long Count(string what, long value)
    {
        cluster.Faults.Count(what);
        return value;
    }
}
