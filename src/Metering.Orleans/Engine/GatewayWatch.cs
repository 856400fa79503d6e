using Metering.Orleans.Hosting;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Orleans.Messaging;

namespace Metering.Orleans.Engine;

/// <summary>A front end's look at which silos there are: where one has gone, the calls that were with it are ended.</summary>
internal sealed partial class GatewayWatch(
    IGatewayListProvider gateways, OrleansEngine engine, ClientInputs inputs, ILogger<GatewayWatch> log) : BackgroundService
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        HashSet<Uri> known = [];
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                HashSet<Uri> now = [.. await gateways.GetGateways()];
                known.ExceptWith(now);
                foreach (Uri gone in known)
                    LogGone(gone);
                if (known.Count > 0)
                    _ = engine.EndLostAsync();
                known = now;
            }
            catch (Exception exception) when (exception is not OperationCanceledException)
            {
                LogUnread(exception.Message);
            }

            await Task.Delay(Interval, inputs.Time, stoppingToken).ContinueWith(
                static _ => { }, CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
        }
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "silo {Gateway} is gone; calls that were with it are answered unavailable")]
    private partial void LogGone(Uri gateway);

    [LoggerMessage(Level = LogLevel.Warning, Message = "which silos there are could not be read: {Why}")]
    private partial void LogUnread(string why);
}
