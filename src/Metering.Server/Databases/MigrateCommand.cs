using System.CommandLine;
using Metering.Server.CommandLine;
using Metering.Server.Hosting;
using Metering.Server.Settings;

namespace Metering.Server.Databases;

/// <summary><c>migrate</c>: schemas up to date, and nothing else. Every server does the same at its start.</summary>
internal static class MigrateCommand
{
    public static Command Create()
    {
        var command = new Command(
            "migrate", "Bring the schemas of the control database and of all shards up to date. Every server does so at its start.");
        SettingOptions settings = new SettingOptions().AddDatabases(command);
        command.SetAction(async (parsed, stop) =>
        {
            ServerSettings read = settings.Read(parsed);
            using ILoggerFactory logs = ServerLogging.Create(read.LogLevel);
            await using ServerDatabases databases = await ServerDatabases.OpenAsync(read, logs.CreateLogger("Metering.Databases"), stop);
            Console.WriteLine($"The control database and {databases.Shards.Count} shards are up to date.");
            return ExitCodes.Done;
        });
        return command;
    }
}
