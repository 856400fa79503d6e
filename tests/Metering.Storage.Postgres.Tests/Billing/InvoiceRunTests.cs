using Metering.Core.Catalog;
using Metering.Core.Ids;
using Metering.Core.Invoicing;
using Metering.Core.Money;
using Metering.Grid.Directory;
using Metering.Grid.Embedded;
using Metering.Grid.History;
using Metering.Grid.Journal;
using Metering.Grid.Partitions;
using Metering.Grid.Storage;
using Metering.Storage.Postgres.Directories;
using Metering.Storage.Postgres.History;
using Metering.Storage.Postgres.Projections;
using Metering.Storage.Postgres.Shards;
using Metering.Storage.Postgres.Connections;
using Metering.Storage.Postgres.Tests.Shards;
using Metering.TestSupport;
using Metering.TestSupport.Memory;
using Microsoft.Extensions.Logging.Abstractions;

namespace Metering.Storage.Postgres.Tests.Billing;

/// <summary>The end of a month in real journals.</summary>
public sealed class InvoiceRunTests
{
    private const int Partitions = 8;
    private const int Customers = 1_000;
    private static readonly DateTimeOffset LastDay = new(2025, 1, 31, 12, 0, 0, TimeSpan.Zero);

    [Fact]
    public async Task Run_of_a_thousand_customers_that_another_process_takes_over_invoices_each_once_without_a_gap()
    {
        await using var shard = await TestShard.CreateAsync(Partitions);
        var directory = new MemoryDirectory(Partitions, new CatalogRecord([], [Plan]));
        for (var i = 0; i < Customers; i++)
            directory.Add($"c{i}", "pro");
        var january = Engine(shard, directory, LastDay);
        await january.StartAsync(default);
        for (var i = 0; i < Customers; i++)
            await january.Project(directory.Project($"c{i}")).OpenAsync(default);
        await january.StopAsync();

        var february = LastDay + TimeSpan.FromHours(14);
        var first = Engine(shard, directory, february);
        await first.StartAsync(default);
        while (Volatile.Read(ref first.Status.InvoicesIssued) < Customers / 5)
            await Task.Delay(1);
        // It is not stopped: it goes on until it finds itself fenced, as a process does that was given up for dead.
        var second = Engine(shard, directory, february);
        await second.StartAsync(default);
        for (var i = 0; i < Customers; i++)
            await HasOneInvoiceAsync(second, directory.Customer($"c{i}"));

        for (var partition = 0; partition < Partitions; partition++)
        {
            var numbers = await NumbersAsync(shard, partition);
            Assert.Equal(Enumerable.Range(1, numbers.Count).Select(number => (long)number), numbers);
        }

        await ProjectAsync(shard, second);
        var history = new InvoiceHistory([shard.Database], _ => shard.Database);
        var page = await history.ListAsync(new InvoiceQuery(null, null, null, InvoiceStatus.Issued, false, 1_000, 0, null), default);
        Assert.Equal(Customers, page.Total);
        Assert.Equal(Customers, page.Rows.Select(row => row.CustomerId).Distinct().Count());
        var verified = await second.Billing(directory.Customer("c7")).VerifyAsync(InvoiceId.Parse("inv_c7_20250101"), default);
        Assert.True(verified!.Identical, verified.Difference);
        await second.StopAsync();
        await first.StopAsync();
    }

    private static Plan Plan => new()
    {
        Id = PlanId.Parse("pro"), Version = 1, Name = "Pro", Currency = Currency.Parse("USD"), WalletMode = WalletMode.Postpaid,
        BaseFee = Amount.FromWhole(49),
    };

    private static EmbeddedEngine Engine(TestShard shard, MemoryDirectory directory, DateTimeOffset now)
    {
        var time = new ShiftedTime(now - DateTimeOffset.UtcNow);
        var stores = new Dictionary<string, IShardStore> { [shard.Store.Name] = new ShardStore(shard.Database, time) };
        ShardAssignment[] map = [.. Enumerable.Range(0, Partitions).Select(each => new ShardAssignment(each, shard.Store.Name))];
        var options = new GridOptions { ClockSkewMax = TimeSpan.FromDays(10_000), StopWithin = TimeSpan.FromSeconds(20) };
        return new EmbeddedEngine(directory, null!, null!, null!, stores, map, Guid.NewGuid(), options, time);
    }

    private static async Task HasOneInvoiceAsync(EmbeddedEngine engine, CustomerEntry customer)
    {
        for (var tries = 0; ; tries++)
        {
            var invoices = await engine.Billing(customer).ListAsync(null, default);
            if (invoices.Count == 1)
                return;
            Assert.True(invoices.Count == 0 && tries < 4_000, $"{customer.Id} has {invoices.Count} invoices.");
            await Task.Delay(5);
        }
    }

    private static async Task<List<long>> NumbersAsync(TestShard shard, int partition)
    {
        var numbers = new List<long>();
        var reader = new GroupReader();
        await foreach (var row in shard.Store.ReadJournalAsync(partition, 0, default))
        {
            reader.Open(row.Sequence, row.Body);
            while (reader.Read())
            {
                if (reader.Kind == EntryKind.InvoiceIssued)
                    numbers.Add(reader.ReadInvoice().LegalNumber!.Value.Sequence);
            }
        }

        return numbers;
    }

    private static async Task ProjectAsync(TestShard shard, EmbeddedEngine engine)
    {
        await using var files = await PostgresServer.CreateControlAsync();
        await using var control = new ControlDatabase(new PostgresOptions { ConnectionString = files.ConnectionString });
        var projector = new Projector(
            shard.Database, engine, new DirectoryStore(control), new ProjectorOptions(), TimeProvider.System,
            NullLogger<Projector>.Instance);
        var wanted = engine.ListOwned(shard.Store.Name).Sum(partition => partition.CommittedSequence);
        while (!Equals(await shard.ScalarAsync("SELECT coalesce(sum(seq), 0)::bigint FROM projection_cursor"), wanted))
            await projector.ProjectOnceAsync(default);
    }

    private sealed class ShiftedTime(TimeSpan by) : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => base.GetUtcNow() + by;
    }
}
