using Metering.Scenarios.Support;

return await BillingProcess.RunAsync(args);
