using Metering.Grid;
using Metering.Orleans.Hosting;
using Microsoft.Extensions.Hosting;

namespace Metering.Orleans.Engine;

/// <summary>
/// A front end's look at the cluster: asks one partition after another for its owner. The front end is ready while any has answered
/// lately.
/// </summary>
internal sealed class ClusterWatch(OrleansEngine engine, ClientInputs inputs) : BackgroundService
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan AnswersWithin = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan LatelyMax = TimeSpan.FromSeconds(10);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        int partitions = inputs.Directory.Cluster.Partitions;
        long answered = 0;
        for (int partition = 0; !stoppingToken.IsCancellationRequested; partition = (partition + 1) % partitions)
        {
            try
            {
                using var limit = CancellationTokenSource.CreateLinkedTokenSource(stoppingToken);
                limit.CancelAfter(AnswersWithin);
                await engine.ReportAsync(partition, limit.Token);
                answered = inputs.Time.GetTimestamp();
                engine.NoteAnswer(null);
            }
            catch (Exception exception) when (
                exception is PartitionUnavailableException or OverloadedException or OperationCanceledException)
            {
                if (answered == 0 || inputs.Time.GetElapsedTime(answered) > LatelyMax)
                    engine.NoteAnswer($"No silo answers: {exception.Message}");
            }

            await Task.Delay(Interval, inputs.Time, stoppingToken).ContinueWith(
                static _ => { }, CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
        }
    }
}
