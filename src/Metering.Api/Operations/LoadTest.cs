using System.Globalization;
using System.Text;
using Metering.Api.Requests;
using Metering.Core.Catalog;
using Metering.Core.Ids;
using Metering.Core.Money;
using Metering.Core.Time;
using Metering.Core.Wallets;
using Metering.Grid;
using Metering.Grid.Directory;
using Metering.Grid.Ingest;

namespace Metering.Api.Operations;

/// <summary>
/// Sends events of a scratch customer the way requests go: parsed, resolved, decided, journaled. Open loop: a batch of at most 100 leaves
/// at its time, whether the ones before are answered or not, up to 64 in flight. The customer is suspended afterwards;
/// its journal stays, like every journal.
/// </summary>
internal sealed class LoadTest(IMeteringEngine engine, TimeProvider time)
{
    /// <summary>The meter and the plan of all scratch customers.</summary>
    public const string CatalogId = "load_test";

    private const string EventType = "metering.load_test";
    private const int BatchEvents = 100;
    private const int InFlightMax = 64;
    private const int DefaultSeconds = 10;
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(30);

    private readonly SemaphoreSlim single = new(1, 1);

    /// <summary>Runs a test; null while another one runs.</summary>
    public async ValueTask<LoadAnswer?> RunAsync(LoadRequest request, CancellationToken cancellation)
    {
        if (!await single.WaitAsync(TimeSpan.Zero, cancellation))
            return null;
        try
        {
            CustomerEntry customer = await PrepareAsync(request.Events, cancellation);
            try
            {
                return await SendAsync(customer, request.Events, TimeSpan.FromSeconds(request.Duration ?? DefaultSeconds), cancellation);
            }
            finally
            {
                await engine.Wallet(customer).SetStatusAsync(CustomerStatus.Suspended, CancellationToken.None);
            }
        }
        finally
        {
            single.Release();
        }
    }

    private async ValueTask<CustomerEntry> PrepareAsync(int events, CancellationToken cancellation)
    {
        var meter = new Meter { Id = MeterId.Parse(CatalogId), EventType = EventType, Aggregation = Aggregation.Sum, Value = "units",
            Unit = "units" };
        await engine.DirectoryStore.PutMeterAsync(meter, cancellation);
        Plan plan = await engine.DirectoryStore.PutPlanAsync(
            new Plan
            {
                Id = PlanId.Parse(CatalogId),
                Version = 1,
                Name = "Load test",
                Currency = Currency.Parse("USD"),
                WalletMode = WalletMode.Prepaid,
                CreditValue = Amount.Parse("0.001"),
                Charges = [new Charge { Meter = meter.Id, In = ChargeUnit.Credits, Model = ChargeModel.PerUnit, UnitPrice = Amount.One }],
            },
            cancellation);

        DateTimeOffset now = time.GetUtcNow();
        string id = $"load-test-{Guid.CreateVersion7(now):N}";
        await engine.DirectoryStore.AddCustomersAsync(
            [
                new CustomerRecord(
                    id, "Load test", "load-test@localhost", CatalogId, plan.Version, "USD", "UTC", "load_test", CustomerStatus.Active,
                    Instant.FromDateTimeOffset(now), 0),
            ],
            cancellation);
        await engine.Directory.RefreshAsync(cancellation);
        CustomerEntry customer = await engine.Directory.FindCustomerAsync(id, cancellation)
            ?? throw new InvalidOperationException($"Customer '{id}' was added and is not found.");
        await engine.Wallet(customer).ExecuteAsync(
            new GrantCredits(Amount.FromWhole(events), GrantKind.Promotional, 0, null, "load test"), cancellation);
        return customer;
    }

    private async ValueTask<LoadAnswer> SendAsync(CustomerEntry customer, int events, TimeSpan duration, CancellationToken cancellation)
    {
        var tally = new LoadTally();
        using var slots = new SemaphoreSlim(InFlightMax);
        long start = time.GetTimestamp();
        int batches = (events + BatchEvents - 1) / BatchEvents;
        var running = new List<Task>(batches);
        for (int i = 0; i < batches; i++)
        {
            TimeSpan wait = duration * i / batches - time.GetElapsedTime(start);
            if (wait > TimeSpan.Zero)
                await Task.Delay(wait, time, cancellation);
            await slots.WaitAsync(cancellation);
            if (time.GetElapsedTime(start) >= Deadline)
                break;
            running.Add(SendBatchAsync(
                customer, i * BatchEvents, Math.Min(BatchEvents, events - i * BatchEvents), tally, slots, cancellation));
        }

        await Task.WhenAll(running);
        return tally.ToAnswer(customer.Id, time.GetElapsedTime(start));
    }

    private async Task SendBatchAsync(
        CustomerEntry customer, int first, int count, LoadTally tally, SemaphoreSlim slots, CancellationToken cancellation)
    {
        long start = time.GetTimestamp();
        try
        {
            ReadEvents read = await ReadEvents.ReadAsync(engine, BodyOf(customer.Id, first, count), "", cancellation);
            using EventBatch batch = read.Batch
                ?? throw new InvalidOperationException($"The load test's own events were refused: {read.Refusal!.Detail}");
            IngestAnswer answer = await engine.IngestAsync(batch, cancellation);
            tally.Add(count, answer, time.GetElapsedTime(start));
        }
        catch (Exception exception) when (exception is OverloadedException or PartitionUnavailableException)
        {
            tally.AddRefused(count, time.GetElapsedTime(start));
        }
        finally
        {
            slots.Release();
        }
    }

    private static byte[] BodyOf(string customerId, int first, int count)
    {
        var text = new StringBuilder("[");
        for (int i = 0; i < count; i++)
        {
            text.Append(i == 0 ? "" : ",").Append(
                CultureInfo.InvariantCulture,
                $$$"""
                {"specversion":"1.0","id":"{{{first + i}}}","source":"urn:metering:load-test","type":"{{{EventType}}}",
                "subject":"{{{customerId}}}","data":{"units":1}}
                """);
        }

        return Encoding.UTF8.GetBytes(text.Append(']').ToString());
    }
}
