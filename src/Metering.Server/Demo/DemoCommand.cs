using System.CommandLine;
using Metering.Server.Client;
using Metering.Server.CommandLine;
using Metering.Server.Hosting;
using Metering.Server.Keys;
using Metering.Server.Serve;
using Metering.Server.Settings;
using Spectre.Console;

namespace Metering.Server.Demo;

/// <summary><c>demo</c>: serve, send a day of traffic through the API, show what came of it, go on serving.</summary>
internal static class DemoCommand
{
    public const string Name = "demo";

    public static Command Create()
    {
        var command = new Command(
            Name, "Serve, send a day of LLM and API traffic once, show balances and alerts; serve until Ctrl-C. The default command.");
        SettingOptions settings = new SettingOptions().AddServing(command).AddDatabases(command);
        var events = new Option<int>("--events")
        {
            Description = "Events of the day, about", DefaultValueFactory = _ => 60_000, HelpName = "N",
        };
        var exit = new Option<bool>("--exit") { Description = "Stop once the tables are shown" };
        var noDemo = new Option<bool>("--no-demo") { Description = "Send nothing: the same as serve" };
        events.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<int>() is < 100 or > 10_000_000)
                result.AddError("--events must be from 100 to 10000000");
        });
        command.Options.Add(events);
        command.Options.Add(exit);
        command.Options.Add(noDemo);
        command.SetAction(async (parsed, _) =>
        {
            ServerSettings read = settings.Read(parsed);
            using var signals = new StopSignals();
            Func<ServerHost, CancellationToken, Task<bool>> day =
                (host, stop) => ShowAsync(host, parsed.GetValue(events), read.Data, goOn: !parsed.GetValue(exit), stop);
            return await Serving.RunAsync(read, parsed.GetValue(noDemo) ? null : day, signals.Token);
        });
        return command;
    }

    private static async Task<bool> ShowAsync(ServerHost host, int events, string data, bool goOn, CancellationToken stop)
    {
        // Where the operator's key was shown at an earlier start only its hash is left: a key for this run takes its place.
        string key = host.Key.Secret ?? await RunKey.MakeAsync(host.Engine.DirectoryStore, Name, TimeProvider.System, stop);
        using var client = new MeteringClient(host.Address, key, TimeProvider.System);
        IAnsiConsole console = Terminal.Create();
        await new DemoRun(client, console, TimeProvider.System, events).RunAsync(stop);
        await new DemoInvoice(client, console).ShowAsync(DemoCustomer.Invoiced.Id, Path.Combine(data, "invoices"), stop);
        DemoReport.ShowCurls(console, host.Address, key);
        if (goOn)
            console.MarkupLineInterpolated($"Serving on [bold]{host.Address}[/] until Ctrl-C.");
        return goOn;
    }
}
