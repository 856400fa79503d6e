using System.CommandLine;
using Metering.Server.CommandLine;
using Metering.Server.Databases;
using Metering.Server.Reset;

var root = new RootCommand("Usage metering: counts each event once, holds limits and burns prepaid credits the moment an event arrives.")
{
    ResetCommand.Create(),
    MigrateCommand.Create(),
};

return await Invocation.RunAsync(root, args, defaultCommand: "--help");
