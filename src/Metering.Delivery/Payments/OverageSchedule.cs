using Metering.Grid.Payments;
using Microsoft.Extensions.Logging;

namespace Metering.Delivery.Payments;

/// <summary>Runs over unpushed overage every day at 02:00 UTC. In several processes each runs, and each line is pushed once.</summary>
public sealed partial class OverageSchedule(IPayments payments, TimeProvider time, ILogger<OverageSchedule> logger)
{
    private static readonly TimeSpan at = TimeSpan.FromHours(2);

    /// <summary>Works until cancelled.</summary>
    public async Task RunAsync(CancellationToken stop)
    {
        try
        {
            while (true)
            {
                // Timers end a little early or late; a run at two and again a moment after it finds nothing to do.
                await Task.Delay(UntilNext(time.GetUtcNow()), time, stop);
                await RunOnceAsync(stop);
            }
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
        }
    }

    /// <summary>How long until the next run.</summary>
    public static TimeSpan UntilNext(DateTimeOffset now)
    {
        TimeSpan today = at - now.UtcDateTime.TimeOfDay;
        return today > TimeSpan.Zero ? today : today + TimeSpan.FromDays(1);
    }

    private async Task RunOnceAsync(CancellationToken stop)
    {
        try
        {
            OverageReport report = await payments.PushOverageAsync(stop);
            LogRun(logger, report.LinesPushed, report.Invoices, report.Failures.Count);
        }
        catch (Exception failure) when (!stop.IsCancellationRequested)
        {
            LogFailed(logger, failure);
        }
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "pushed {Lines} overage lines of {Invoices} invoices, {Failures} failed")]
    private static partial void LogRun(ILogger logger, int lines, int invoices, int failures);

    [LoggerMessage(Level = LogLevel.Error, Message = "The daily run over unpushed overage failed; the next one goes on")]
    private static partial void LogFailed(ILogger logger, Exception exception);
}
