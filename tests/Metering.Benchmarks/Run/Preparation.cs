using System.Globalization;
using System.Text;
using Metering.Benchmarks.Load;
using Metering.Core.Money;
using Metering.Core.Time;
using Metering.Core.Wallets;
using Metering.Grid;
using Metering.Grid.Directory;
using Metering.Grid.Ingest;
using Metering.Server.Hosting;
using Metering.Server.Settings;
using Microsoft.Extensions.Logging.Abstractions;

namespace Metering.Benchmarks.Run;

/// <summary>
/// Fills databases before their server starts: customers in bulk, and a grant to each through the engine, many at once. One after the
/// other over HTTP they would take
/// longer than the cells.
/// </summary>
internal static class Preparation
{
    private const int CustomersAtOnce = 2_000;

    public static async Task RunAsync(string control, IReadOnlyList<string> shards, int customers, int funded, string plan, long credits)
    {
        var settings = new ServerSettings { Port = 0, Control = control, Shards = shards, StatusSeconds = 0,
            CustomersInMemoryMax = 2 * customers };
        await using ServerHost host = await ServerHost.StartAsync(settings, NullLoggerFactory.Instance, TimeProvider.System,
            CancellationToken.None);
        for (int first = 0; first < customers; first += CustomersAtOnce)
            await AddAsync(host.Engine, Enumerable.Range(first, Math.Min(CustomersAtOnce, customers - first)), plan, first < funded
                ? credits : 0);
    }

    private static async Task AddAsync(IMeteringEngine engine, IEnumerable<int> numbers, string plan, long credits)
    {
        var created = Instant.FromDateTimeOffset(DateTimeOffset.UtcNow);
        CustomerRecord[] records = [.. numbers.Select(LlmLoad.CustomerId).Select(id => new CustomerRecord(
            id, id, $"{id}@example.com", plan, 1, "USD", "Etc/UTC", null, CustomerStatus.Active, created, 0))];
        await engine.DirectoryStore.AddCustomersAsync(records, CancellationToken.None);
        if (credits == 0)
            return;

        // Subjects of a batch are read in one query.
        using EventBatch batch = EventBatch.Rent(records.Length * 16, records.Length);
        foreach (CustomerRecord record in records)
        {
            int index = batch.AddEvent();
            TextSlice subject = batch.Append(Encoding.UTF8.GetBytes(record.Id));
            batch[index].Subject = batch[index].Id = batch[index].Source = subject;
        }

        await engine.Directory.ResolveAsync(batch, CancellationToken.None);
        var grant = new GrantCredits(Amount.FromWhole(credits), GrantKind.Paid, 50, null, "benchmark");
        await Task.WhenAll(Enumerable.Range(0, batch.Count).Select(
            index => engine.Wallet(batch[index].Project!.Customer).ExecuteAsync(grant, CancellationToken.None).AsTask()));
    }
}
