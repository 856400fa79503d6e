using System.CommandLine;
using Metering.Server.CommandLine;
using Metering.Server.Serve;
using Metering.Silo.Cluster;
using Metering.Silo.Serve;
using Metering.Silo.Settings;

var root = new RootCommand("Usage metering past one machine: a silo, a front end, or both in one process.")
{
    RunCommand.Create(),
    ClusterCommand.Create(),
    HealthCommand.Create(new SettingOptions(), SiloOptions.SharedFile),
};

return await Invocation.RunAsync(root, args, defaultCommand: RunCommand.Name);
