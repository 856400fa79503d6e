using Metering.Orleans.Tests.Cluster;

return await ClockedProcess.RunAsync(args);
