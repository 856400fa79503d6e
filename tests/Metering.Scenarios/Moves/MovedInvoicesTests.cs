using System.Globalization;
using System.Text;
using System.Text.Json;
using Metering.Grid.Directory;
using Metering.Scenarios.Support;
using Metering.Storage.Postgres.Connections;
using Metering.Storage.Postgres.Directories;
using Metering.Storage.Postgres.Moves;
using Metering.Storage.Postgres.Shards;

namespace Metering.Scenarios.Moves;

/// <summary>What was issued before a move is the same after it, and what comes after goes on from there.</summary>
public sealed class MovedInvoicesTests
{
    [Fact]
    public async Task Invoices_their_numbers_and_the_past_go_on_over_moves_there_and_back()
    {
        BillingServer server = await BillingServer.StartAsync(new DateTimeOffset(2025, 1, 1, 0, 0, 0, TimeSpan.Zero));
        try
        {
            await using var control = new ControlDatabase(new PostgresOptions { ConnectionString = server.Control });
            (string added, _) = await ShardRegistry.AddAsync(control, await server.MakeDatabaseAsync(), CancellationToken.None);
            string plan = await server.PlanAsync("""
                "in":"money","model":"per_unit","unit_price":"0.5"
                """);
            string project = await server.CustomerAsync(plan);
            int partition = Placement.PartitionOf(Encoding.UTF8.GetBytes(project), 4);
            var month = new Month(server.Clock.GetUtcNow());
            var bills = new List<Bill>();
            foreach (string shard in (string[])[added, "shard0", added])
            {
                object used = Story.Event(
                    $"story.{plan}", project, $"of {month.Label}", new { quantity = 10 + bills.Count }, $"{month.Day(1)}T02:00:00Z");
                server.Clock.MoveTo(month.Start.AddHours(3));
                Assert.Equal(["accepted"], (await server.Operator.IngestAsync(used)).Codes());
                bills.Add(await server.CloseAsync(project, month));
                JsonElement before = await PastAsync(server, project, bills.Count);
                await MoveAsync(control, partition, shard);

                Assert.Equal(["duplicate"], (await server.Operator.IngestAsync(used)).Codes());
                Assert.Equal(before.ToString(), (await PastAsync(server, project, bills.Count)).ToString());
                foreach (Bill bill in bills)
                {
                    Answer verified = (await server.Operator.PostAsync($"/v1/billing/invoice/{bill.Id}/verify", null)).Expect(200);
                    Assert.True(verified.Body.GetProperty("identical").GetBoolean());
                    Assert.Equal(bill.Digest, verified.Text("digest"));
                }

                month = month.Next;
            }

            await server.UseAsync(project, $"story.{plan}", 1);
            bills.Add(await server.CloseAsync(project, month));
            Assert.Equal(
                Enumerable.Range(1, 4).Select(number => string.Create(CultureInfo.InvariantCulture, $"P{partition:D2}-{number:D6}")),
                bills.Select(bill => bill.Text("legal_number")));
            Assert.Equal(["5", "5.5", "6", "0.5"], bills.Select(bill => bill.Total));
        }
        finally
        {
            await server.DisposeAsync();
        }
    }

    private static async Task MoveAsync(ControlDatabase control, int partition, string shard)
    {
        var mover = new PartitionMove(
            control, new MoveOptions { ClearAfter = TimeSpan.FromSeconds(3), WatchFor = TimeSpan.Zero }, TimeProvider.System, _ => { });
        Assert.True((await mover.RunAsync(partition, shard, CancellationToken.None)).Moved);
    }

    // What lists and history say, once they have caught up.
    private static async Task<JsonElement> PastAsync(BillingServer server, string project, int invoices)
    {
        JsonElement? past = await Story.UntilAsync(
            async () =>
            {
                Answer events = (await server.Operator.GetAsync($"/v1/usage/{project}")).Expect(200);
                Answer bills = (await server.Operator.GetAsync($"/v1/billing/{project}/invoices")).Expect(200);
                Answer overview = (await server.Operator.GetAsync("/api/admin/analytics/overview")).Expect(200);
                return (JsonElement?)JsonSerializer.SerializeToElement(
                    new[] { events.Body, bills.Body, overview.Body.GetProperty("events_this_month") });
            },
            found => found!.Value[0].GetProperty("data").GetArrayLength() == invoices
                && found.Value[1].GetProperty("data").GetArrayLength() == invoices);
        return past!.Value;
    }
}
