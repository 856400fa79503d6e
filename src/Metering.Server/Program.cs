using System.CommandLine;
using Metering.Server.Catalog;
using Metering.Server.CommandLine;
using Metering.Server.Databases;
using Metering.Server.Keys;
using Metering.Server.Reset;

var root = new RootCommand("Usage metering: counts each event once, holds limits and burns prepaid credits the moment an event arrives.")
{
    ResetCommand.Create(),
    KeysCommand.Create(),
    CatalogCommand.Create(),
    ShardsCommand.Create(),
    MigrateCommand.Create(),
};

return await Invocation.RunAsync(root, args, defaultCommand: "--help");
