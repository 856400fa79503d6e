using System.CommandLine;
using Metering.Server.CommandLine;
using Metering.Server.Settings;

namespace Metering.Server.Serve;

/// <summary><c>serve</c>: the API until it is told to stop.</summary>
internal static class ServeCommand
{
    public static Command Create()
    {
        var command = new Command("serve", "Serve the HTTP API until Ctrl-C or SIGTERM.");
        SettingOptions settings = new SettingOptions().AddServing(command).AddDatabases(command);
        var noDemo = new Option<bool>("--no-demo") { Description = "Accepted for scripts: serve never sends the demo day" };
        command.Options.Add(noDemo);
        command.SetAction(async (parsed, _) =>
        {
            ServerSettings read = settings.Read(parsed);
            using var signals = new StopSignals();
            return await Serving.RunAsync(read, afterStart: null, signals.Token);
        });
        return command;
    }
}
