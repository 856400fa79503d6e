using System.CommandLine;
using Metering.Server.CommandLine;
using Metering.Server.Databases;
using Metering.Server.Hosting;
using Metering.Server.Settings;

namespace Metering.Silo.Cluster;

/// <summary>
/// <c>cluster</c>: the topology of <c>cluster.yml</c> as plain processes of this machine, without nginx, Prometheus and Grafana, and with
/// one private PostgreSQL that holds the control database and the shards.
/// </summary>
internal static class ClusterCommand
{
    public static Command Create()
    {
        var command = new Command("cluster", "Run silos and front ends as processes of this machine, until Ctrl-C or SIGTERM.");
        SettingOptions settings = new SettingOptions().AddServing(command).AddDatabases(command);
        Option<int> silos = CountOption("--silos", "How many silos", 3);
        Option<int> frontends = CountOption("--frontends", "How many front ends", 2);
        command.Options.Add(silos);
        command.Options.Add(frontends);
        command.SetAction(async (parsed, _) =>
        {
            // Each process has pools for each shard, and one for the control database.
            ServerSettings read = settings.Read(parsed) with { PostgresSessionsMax = 1_000 };
            using var signals = new StopSignals();
            return await RunAsync(read, parsed.GetValue(silos), parsed.GetValue(frontends), signals.Token);
        });
        return command;
    }

    // Checked by itself: a check of the whole command sees no defaults, so it would refuse what was left out.
    private static Option<int> CountOption(string name, string description, int usual)
    {
        var option = new Option<int>(name) { Description = $"{description}, 1 to 32", DefaultValueFactory = _ => usual };
        option.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<int>() is < 1 or > 32)
                result.AddError($"{name} takes 1 to 32.");
        });
        return option;
    }

    private static async Task<int> RunAsync(ServerSettings settings, int silos, int frontends, CancellationToken stop)
    {
        using ILoggerFactory logs = ServerLogging.Create(settings.LogLevel, "cluster");
        await using ServerDatabases databases = await ServerDatabases.OpenAsync(settings, logs.CreateLogger("Metering.Databases"), stop);
        var environment = new Dictionary<string, string>
        {
            // Not on the command line: everybody on the machine can read that.
            ["METERING_CONTROL"] = databases.Control,
            ["METERING_SHARDS"] = string.Join('\n', databases.Shards.Select(shard => shard.ConnectionString)),
        };
        await using var members = new MemberSet(environment, logs.CreateLogger("Metering.Cluster"));
        try
        {
            for (int silo = 1; silo <= silos; silo++)
                members.AddSilo($"silo{silo}");
            int port = settings.Port == 0 ? FreePort.Take() : settings.Port;
            for (int front = 1; front <= frontends; front++)
                members.AddFrontend($"frontend{front}", settings.Port == 0 ? FreePort.Take() : port++);
            await members.ReadyAsync(stop);
            Console.WriteLine($"{silos} silos; front ends serving on {string.Join(" and ", members.Frontends)}");
            await Task.Delay(Timeout.Infinite, stop);
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // Asked to stop.
        }

        await members.StopAsync();
        return ExitCodes.Done;
    }
}
