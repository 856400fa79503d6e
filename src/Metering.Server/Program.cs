using System.CommandLine;
using Metering.Server.Catalog;
using Metering.Server.CommandLine;
using Metering.Server.Databases;
using Metering.Server.Demo;
using Metering.Server.Keys;
using Metering.Server.Rebuild;
using Metering.Server.Replay;
using Metering.Server.Reset;
using Metering.Server.Serve;

var root = new RootCommand("Usage metering: counts each event once, holds limits and burns prepaid credits the moment an event arrives.")
{
    DemoCommand.Create(),
    ServeCommand.Create(),
    HealthCommand.Create(new SettingOptions(), "server.json"),
    ReplayCommand.Create(),
    ResetCommand.Create(),
    KeysCommand.Create(),
    CatalogCommand.Create(),
    ShardsCommand.Create(),
    MigrateCommand.Create(),
    RebuildCommand.Create(),
};

return await Invocation.RunAsync(root, args, defaultCommand: DemoCommand.Name);
