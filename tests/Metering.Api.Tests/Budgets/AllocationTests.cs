using System.Text;
using System.Text.Json;
using Metering.Api.Events;
using Metering.Api.Tests.Events;
using Metering.Grid.Ingest;

namespace Metering.Api.Tests.Budgets;

/// <summary>
/// What reading events may allocate, in the steady state; the number stands in <c>allocations.json</c> and only goes down.
/// </summary>
public sealed class AllocationTests
{
    private const int Rounds = 20;

    [Theory]
    [InlineData(1)]
    [InlineData(100)]
    [InlineData(1_000)]
    public void Reading_a_body_stays_within_its_budget(int events)
    {
        byte[] body = Body(events);
        long best = long.MaxValue;
        for (int round = 0; round < Rounds; round++)
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            int read = ReadOnce(body, events);
            best = Math.Min(best, GC.GetAllocatedBytesForCurrentThread() - before);
            Assert.Equal(events, read);
        }

        using JsonDocument budgets = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(AppContext.BaseDirectory, "Budgets",
            "allocations.json")));
        double allowed = budgets.RootElement.GetProperty("parse_bytes_a_body").GetDouble();
        Assert.True(best <= allowed, $"A body of {events} allocates {best} bytes, {allowed} are allowed.");
    }

    private static int ReadOnce(byte[] body, int events)
    {
        using EventBatch batch = EventBatch.Rent(body.Length, events);
        ReadOutcome outcome = EventReader.ReadCloudEvents(batch, batch.Append(body), EventTexts.Shipped, events);
        return outcome.Faults is null ? batch.Count : -1;
    }

    private static byte[] Body(int events) =>
        Encoding.UTF8.GetBytes("[" + string.Join(',', Enumerable.Range(0, events).Select(Event)) + "]");

    private static string Event(int number) => EventTexts.Event(
        ("id", $"\"{new Guid(number, 0, 0, [1, 2, 3, 4, 5, 6, 7, 8])}\""));
}
