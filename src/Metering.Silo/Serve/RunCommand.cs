using System.CommandLine;
using Metering.Server.CommandLine;
using Metering.Server.Serve;
using Metering.Silo.Hosting;
using Metering.Silo.Settings;

namespace Metering.Silo.Serve;

/// <summary><c>run</c>: one process of a cluster, until it is told to stop.</summary>
internal static class RunCommand
{
    public const string Name = "run";

    public static Command Create()
    {
        var command = new Command(Name, "Run a process of a cluster until Ctrl-C or SIGTERM; what a command line without a command means.");
        SiloOptions options = new SiloOptions().AddTo(command);
        var attached = new Option<bool>("--attached")
        {
            Description = "Stop also when standard input ends, as it does when the process that started this one is gone",
        };
        command.Options.Add(attached);
        command.SetAction(async (parsed, ignored) =>
        {
            SiloSettings settings = options.Read(parsed);
            using var signals = new StopSignals();
            using var stop = CancellationTokenSource.CreateLinkedTokenSource(signals.Token);
            if (parsed.GetValue(attached))
                _ = StopWithInputAsync(stop);
            return await Serving.RunAsync(settings.Server, ClusterPlan.Of(settings), afterStart: null, stop.Token);
        });
        return command;
    }

    private static async Task StopWithInputAsync(CancellationTokenSource stop)
    {
        using Stream input = Console.OpenStandardInput();
        byte[] read = new byte[256];
        while (await input.ReadAsync(read) > 0)
        {
            // Nobody has anything to say here.
        }

        try
        {
            await stop.CancelAsync();
        }
        catch (ObjectDisposedException)
        {
            // It has stopped already.
        }
    }
}
