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
using Metering.TestSupport;
using Microsoft.Extensions.Logging.Abstractions;

namespace Metering.Benchmarks.Run;

/// <summary>
/// Fills databases before their server starts: customers in bulk, and a grant to each through the engine, many at once; then whatever
/// else is to be there, over HTTP. Ending it saves everything, so the server that is measured begins with nothing left to do.
/// </summary>
internal static class Preparation
{
    private const int CustomersAtOnce = 2_000;
    private const int ChunksAtOnce = 3;

    public static async Task RunAsync(
        string control, IReadOnlyList<string> shards, int customers, int funded, string plan, long credits, Func<ITarget, Task>? fill)
    {
        var settings = new ServerSettings
        {
            Port = 0, Control = control, Shards = shards, StatusSeconds = 0, CustomersInMemoryMax = 2 * customers,
            OperatorKey = ServerProcess.OperatorKey,
        };
        await using ServerHost host = await ServerHost.StartAsync(settings, NullLoggerFactory.Instance, TimeProvider.System,
            CancellationToken.None);
        await Parallel.ForAsync(
            0, (customers + CustomersAtOnce - 1) / CustomersAtOnce, new ParallelOptions { MaxDegreeOfParallelism = ChunksAtOnce },
            async (chunk, _) =>
            {
                int first = chunk * CustomersAtOnce;
                IEnumerable<int> numbers = Enumerable.Range(first, Math.Min(CustomersAtOnce, customers - first));
                await AddAsync(host.Engine, numbers, plan, first < funded ? credits : 0);
            });
        Bench.Say($"  {customers:N0} customers are there");
        if (fill is not null)
            await fill(new InThisProcess(host.Address.Port));
        Bench.Say("  each has an event");
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

    private sealed class InThisProcess(int port) : ITarget
    {
        public string Name => "preparation";

        public int Port => port;

        public int ProcessId => Environment.ProcessId;

        public Task SettleAsync() => Task.CompletedTask;

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}
