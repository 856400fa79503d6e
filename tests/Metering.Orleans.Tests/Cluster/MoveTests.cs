using System.Globalization;
using System.Text;
using Metering.Grid.Directory;
using Metering.Scenarios.Crash;
using Metering.TestSupport;
using Xunit.Abstractions;

namespace Metering.Orleans.Tests.Cluster;

/// <summary>A partition goes to another shard and back while three silos serve and clients send through both front ends.</summary>
public sealed class MoveTests(ITestOutputHelper output)
{
    private static readonly TimeSpan pauseMax = TimeSpan.FromSeconds(2);

    [LinuxFact]
    [Trait("runs", "alone")]
    public async Task Partition_that_moves_is_away_for_less_than_two_seconds_and_loses_nothing()
    {
        await using ClusterRun run = await ClusterRun.StartAsync(output);
        // One that the load writes to all the time.
        int partition = Placement.PartitionOf(Encoding.UTF8.GetBytes(Load.Prepaid[0]), SiloCluster.Partitions);
        int home = partition % run.Cluster.Shards.Count;
        foreach (int shard in new[] { (home + 1) % run.Cluster.Shards.Count, home })
        {
            string said = "";
            await run.UnderLoadAsync(
                $"partition {partition} moved to shard{shard}",
                async () => said = await run.Cluster.CommandAsync(
                    "shards", "move", partition.ToString(CultureInfo.InvariantCulture), "--to", $"shard{shard}"),
                goal: pauseMax);
            run.Say(said);
            Assert.Contains($"partition {partition} was away for", said, StringComparison.Ordinal);
        }
    }
}
