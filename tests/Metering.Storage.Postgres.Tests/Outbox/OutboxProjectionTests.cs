using System.Text.Json;
using Metering.Core.Catalog;
using Metering.Core.Ids;
using Metering.Core.Invoicing;
using Metering.Core.Money;
using Metering.Core.Time;
using Metering.Core.Wallets;
using Metering.Grid.Directory;
using Metering.Grid.Journal;
using Metering.Grid.Outbox;
using Metering.Grid.Projects;
using Metering.Storage.Postgres.Projections;
using Metering.Storage.Postgres.Tests.Projections;
using Npgsql;

namespace Metering.Storage.Postgres.Tests.Outbox;

public sealed class OutboxProjectionTests
{
    private static readonly Instant At = JournalMaker.Start;

    [Fact]
    public async Task Alert_is_in_the_outbox_once_over_restarts_lost_connections_and_second_projectors()
    {
        await using var bench = await ProjectionBench.CreateAsync(partitions: 4, seed: 21);
        await bench.Journal.WriteAsync(rounds: 60, eventsEach: 10);
        using var stop = new CancellationTokenSource();
        var killing = KillSessionsAsync(bench, stop.Token);
        await Task.WhenAll(Enumerable.Range(0, 2).Select(_ => PersistAsync(bench)));
        await stop.CancelAsync();
        var kills = await killing;

        Assert.True(kills > 0, "no session was ended while projecting");
        var alerts = (long)(await bench.Shard.ScalarAsync("SELECT count(*) FROM alert"))!;
        Assert.True(alerts > 20);
        Assert.Equal(alerts, await bench.Shard.ScalarAsync("SELECT count(*) FROM outbox WHERE kind = 'alert.raised'"));
        Assert.Equal(0L, await bench.Shard.ScalarAsync("""
            SELECT count(*) FROM alert LEFT JOIN outbox ON outbox.partition = alert.partition AND outbox.created_at = alert.at
                AND outbox.customer_id = alert.customer_id
            WHERE outbox.id IS NULL
            """));

        // Also where the cursors begin anew, as over a database that was restored.
        var before = await IdsAsync(bench);
        await bench.ForgetProjectionsAsync();
        await bench.DrainAsync(bench.Projector());
        Assert.Equal(before, await IdsAsync(bench));
    }

    // Each life of a projector ends after one batch, or by a lost connection.
    private static async Task PersistAsync(ProjectionBench bench)
    {
        while (!await bench.IsDrainedAsync())
        {
            try
            {
                await bench.Projector(new ProjectorOptions { BatchBytes = 64 * 1024 }).ProjectOnceAsync(default);
            }
            catch (Exception e) when (e is NpgsqlException or IOException)
            {
            }
        }
    }

    private static async Task<int> KillSessionsAsync(ProjectionBench bench, CancellationToken stop)
    {
        var kills = 0;
        while (!stop.IsCancellationRequested)
        {
            kills += (int)(long)(await bench.Shard.ScalarAsync("""
                SELECT count(*) FROM (SELECT pg_terminate_backend(pid) FROM pg_stat_activity
                WHERE datname = current_database() AND application_name = 'metering query' AND state <> 'idle' AND random() < 0.3) AS ended
                """))!;
            await Task.Delay(5, CancellationToken.None);
        }

        return kills;
    }

    [Fact]
    public async Task Rebuild_enqueues_nothing_and_restores_the_thresholds()
    {
        await using var bench = await ProjectionBench.CreateAsync(partitions: 1, seed: 22);
        await OpenAsync(bench, "a", available: 100);
        await bench.Journal.WriteAsync(0, writer =>
        {
            Begin(writer, "a");
            writer.Append(new AutoTopUpChanged(new AutoTopUpView(Amount.FromWhole(50), Amount.FromWhole(10), 1, false)), default);
            writer.AlertRaised("a", "tokens", PeriodKind.Month, At, 80, Amount.FromWhole(85), Amount.FromWhole(100));
        });
        await bench.DrainAsync(bench.Projector());
        Assert.Equal(1L, await bench.Shard.ScalarAsync("SELECT count(*) FROM outbox"));
        await bench.Shard.ScalarAsync("DELETE FROM outbox; DELETE FROM projection_threshold");

        await new ProjectionRebuild(bench.Shard.Database, TimeProvider.System).RunAsync(null, null, default);

        Assert.Equal(1L, await bench.Shard.ScalarAsync("SELECT count(*) FROM alert"));
        Assert.Equal(0L, await bench.Shard.ScalarAsync("SELECT count(*) FROM outbox"));
        Assert.Equal(50m, await bench.Shard.ScalarAsync("SELECT top_up FROM projection_threshold WHERE customer_id = 'a'"));
    }

    [Fact]
    public async Task Alert_says_what_the_alert_says_and_its_id_follows_from_its_place()
    {
        await using var bench = await ProjectionBench.CreateAsync(partitions: 1, seed: 23);
        await OpenAsync(bench, "a", available: 100);
        await bench.Journal.WriteAsync(0, writer =>
        {
            Begin(writer, "a");
            writer.AlertRaised(
                "a", "participant_minutes", PeriodKind.Month, At, 80, Amount.FromWhole(850), Amount.FromWhole(1000));
        });
        await bench.DrainAsync(bench.Projector());

        var (id, data) = Assert.Single(await ReadAsync(bench, OutboxKinds.AlertRaised));
        Assert.Equal(OutboxIds.Event(0, 2, 0, OutboxKinds.AlertRaised), id);
        Assert.True(JsonElement.DeepEquals(JsonDocument.Parse("""
            {"project_id":"a","metric_type":"participant_minutes","period":"month","period_start":"2025-01-17T12:00:00Z","threshold":80,
             "severity":"warning","current_usage":850,"limit":1000,"percentage":85.0,"message":"Participant minutes at 85.0% of limit"}
            """).RootElement, JsonDocument.Parse(data).RootElement), data);
    }

    [Fact]
    public async Task Balance_that_falls_through_its_threshold_is_told_once_each_time_it_falls()
    {
        await using var bench = await ProjectionBench.CreateAsync(partitions: 2, seed: 24);
        await OpenAsync(bench, "a", available: 100);
        var projector = bench.Projector();
        await BurnAsync(bench, "a", 2, 100, 40);
        await SetThresholdAsync(bench, "a", 30);
        await bench.DrainAsync(projector);
        Assert.Empty(await ReadAsync(bench, OutboxKinds.WalletLow));

        // The threshold comes from an earlier batch, of another projector.
        await BurnAsync(bench, "a", 3, 40, 30);
        await BurnAsync(bench, "a", 4, 30, 29);
        await BurnAsync(bench, "a", 5, 29, 20);
        await bench.DrainAsync(bench.Projector());
        var (_, data) = Assert.Single(await ReadAsync(bench, OutboxKinds.WalletLow));
        Assert.Equal("""{"available":"29","threshold":"30"}""", data);

        // It rises and falls again, through a threshold that the same batch has changed and then taken away.
        await SetThresholdAsync(bench, "a", 15);
        await BurnAsync(bench, "a", 6, 20, 10);
        await SetThresholdAsync(bench, "a", null);
        await BurnAsync(bench, "a", 7, 10, 1);
        await bench.DrainAsync(projector);
        Assert.Equal(2, (await ReadAsync(bench, OutboxKinds.WalletLow)).Count);
        await BurnAsync(bench, "a", 8, 100, 1);
        await bench.DrainAsync(projector);
        Assert.Equal(2, (await ReadAsync(bench, OutboxKinds.WalletLow)).Count);
    }

    [Fact]
    public async Task Low_balance_of_its_own_goes_before_the_threshold_of_top_ups_and_each_is_kept_when_the_other_changes()
    {
        await using var bench = await ProjectionBench.CreateAsync(partitions: 1, seed: 29);
        await OpenAsync(bench, "a", available: 100);
        await SetThresholdAsync(bench, "a", 10);
        await SetLowAsync(bench, "a", 60);
        await BurnAsync(bench, "a", 2, 100, 60);
        await BurnAsync(bench, "a", 3, 60, 59);
        await bench.DrainAsync(bench.Projector());
        Assert.Equal(["""{"available":"59","threshold":"60"}"""], await DataAsync());

        // Neither that balance nor a change of the other one says anything new; the own one comes from an earlier batch now.
        await SetThresholdAsync(bench, "a", 50);
        await BurnAsync(bench, "a", 4, 59, 40);
        await bench.DrainAsync(bench.Projector());
        Assert.Single(await DataAsync());

        // Taken away in the batch, while the threshold of top-ups stands in the database.
        await BurnAsync(bench, "a", 5, 70, 55);
        await SetLowAsync(bench, "a", null);
        await BurnAsync(bench, "a", 6, 55, 49);
        await bench.DrainAsync(bench.Projector());
        Assert.Equal(
            [
                """{"available":"49","threshold":"50"}""", """{"available":"55","threshold":"60"}""",
                """{"available":"59","threshold":"60"}""",
            ],
            (await DataAsync()).Order(StringComparer.Ordinal));

        await SetThresholdAsync(bench, "a", null);
        await bench.DrainAsync(bench.Projector());
        Assert.Equal(0L, await bench.Shard.ScalarAsync("SELECT count(*) FROM projection_threshold"));

        async Task<string[]> DataAsync() => [.. (await ReadAsync(bench, OutboxKinds.WalletLow)).Select(row => row.Data)];
    }

    [Fact]
    public async Task Top_up_that_put_credits_in_is_told_and_one_that_failed_is_not()
    {
        await using var bench = await ProjectionBench.CreateAsync(partitions: 1, seed: 25);
        await OpenAsync(bench, "a", available: 100);
        await bench.Journal.WriteAsync(0, writer =>
        {
            Begin(writer, "a");
            writer.Append(new TopUpClosed(2, TopUpState.Failed), default);
            writer.Append(new TopUpClosed(3, TopUpState.Confirmed), default);
            writer.Append(
                new GrantAdded(2, Amount.FromWhole(50), GrantKind.Paid, 0, null, "Top-up top_3", GrantOrigin.TopUp),
                new LedgerStamp(2, Amount.FromWhole(100), Amount.FromWhole(150)));
        });
        await bench.DrainAsync(bench.Projector());

        var (_, data) = Assert.Single(await ReadAsync(bench, OutboxKinds.WalletToppedUp));
        Assert.Equal("""{"top_up_id":"top_3","grant_id":"gr_2","amount":"50","available":"150"}""", data);
    }

    [Fact]
    public async Task Invoice_is_told_when_it_is_issued_and_when_it_is_paid_also_within_one_batch_and_in_a_later_one()
    {
        await using var bench = await ProjectionBench.CreateAsync(partitions: 1, seed: 26);
        await OpenAsync(bench, "a", available: 100);
        await IssueAsync(bench, 1);
        await IssueAsync(bench, 2);
        await PayAsync(bench, 1);
        await bench.DrainAsync(bench.Projector());
        await PayAsync(bench, 2);
        await bench.DrainAsync(bench.Projector());

        var issued = await ReadAsync(bench, OutboxKinds.InvoiceIssued);
        Assert.Equal(2, issued.Count);
        var paid = await ReadAsync(bench, OutboxKinds.InvoicePaid);
        const string expected =
            """{"invoice_id":"inv_a_20250N01","project_id":"a","legal_number":"P00-00000N","currency":"EUR","total":119,"paid_at":"AT"}""";
        Assert.Equal(
            [expected.Replace('N', '1'), expected.Replace('N', '2')],
            paid.Select(row => row.Data.Replace(At.ToString(), "AT", StringComparison.Ordinal)).Order(StringComparer.Ordinal));
        using var first = JsonDocument.Parse(issued.Select(row => row.Data).Order(StringComparer.Ordinal).First());
        Assert.Equal(
            ("inv_a_20250101", "P00-000001", "2025-01", 19m, 119m),
            (first.RootElement.GetProperty("invoice_id").GetString(), first.RootElement.GetProperty("legal_number").GetString(),
                first.RootElement.GetProperty("billing_period").GetString(), first.RootElement.GetProperty("tax").GetDecimal(),
                first.RootElement.GetProperty("total").GetDecimal()));
    }

    private static Task IssueAsync(ProjectionBench bench, int month) => bench.Journal.WriteAsync(0, writer =>
    {
        Begin(writer, "a");
        writer.InvoiceIssued("a", InvoiceFormat.Write(OutboxSamples.Invoice(month)));
    });

    private static Task PayAsync(ProjectionBench bench, int month) => bench.Journal.WriteAsync(0, writer =>
    {
        Begin(writer, "a");
        writer.InvoiceStatusChanged(OutboxSamples.Invoice(month).Id.Value, InvoiceStatus.Paid);
    });

    private static Task OpenAsync(ProjectionBench bench, string customer, int available) => bench.Journal.WriteAsync(0, writer =>
    {
        Begin(writer, customer);
        writer.CustomerOpened(CustomerStatus.Active, "UTC");
        writer.ProjectOpened(customer, "free", 1);
        writer.Append(
            new GrantAdded(1, Amount.FromWhole(available), GrantKind.Paid, 0, null, "", GrantOrigin.Operator),
            new LedgerStamp(1, Amount.Zero, Amount.FromWhole(available)));
    });

    private static Task BurnAsync(ProjectionBench bench, string customer, int entry, int before, int after) =>
        bench.Journal.WriteAsync(0, writer =>
        {
            Begin(writer, customer);
            writer.Append(
                new CreditsBurned(Amount.FromWhole(before - after), Amount.Zero, [], 1),
                new LedgerStamp(entry, Amount.FromWhole(before), Amount.FromWhole(after)));
        });

    private static Task SetThresholdAsync(ProjectionBench bench, string customer, int? threshold) =>
        bench.Journal.WriteAsync(0, writer =>
        {
            Begin(writer, customer);
            var setting = threshold is { } amount
                ? new AutoTopUpView(Amount.FromWhole(amount), Amount.FromWhole(10), 1, false)
                : null;
            writer.Append(new AutoTopUpChanged(setting), default);
        });

    private static Task SetLowAsync(ProjectionBench bench, string customer, int? threshold) => bench.Journal.WriteAsync(0, writer =>
    {
        Begin(writer, customer);
        writer.Append(new LowBalanceChanged(threshold is { } amount ? Amount.FromWhole(amount) : null), default);
    });

    private static void Begin(GroupWriter writer, string customer) =>
        writer.Customer(customer, System.Text.Encoding.UTF8.GetBytes(customer), At, 0);

    private static async Task<List<(string Id, string Data)>> ReadAsync(ProjectionBench bench, string kind)
    {
        await using var command = bench.Shard.Plain.CreateCommand("SELECT id, data FROM outbox WHERE kind = $1 ORDER BY created_at, id");
        command.Parameters.AddWithValue(kind);
        await using var reader = await command.ExecuteReaderAsync();
        var rows = new List<(string, string)>();
        while (await reader.ReadAsync())
            rows.Add((reader.GetString(0), reader.GetString(1)));
        return rows;
    }

    private static async Task<string?> IdsAsync(ProjectionBench bench) =>
        await bench.Shard.ScalarAsync("SELECT string_agg(id, ',' ORDER BY id) FROM outbox") as string;
}
