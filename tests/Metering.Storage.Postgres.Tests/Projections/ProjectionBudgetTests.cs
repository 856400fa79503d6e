using System.Text;
using Metering.Core.Catalog;
using Metering.Core.Ids;
using Metering.Core.Money;
using Metering.Core.Time;
using Metering.Core.Wallets;
using Metering.Grid.Ingest;
using Metering.Grid.Journal;
using Metering.Storage.Postgres.Projections;

namespace Metering.Storage.Postgres.Tests.Projections;

/// <summary>No object an event: what is left is of the group, which describes its event types.</summary>
public sealed class ProjectionBudgetTests
{
    private const int Events = 1000;
    private const int BytesAnEvent = 8;

    [Fact]
    public void Turning_events_and_their_burns_into_rows_allocates_next_to_nothing_once_everything_is_known()
    {
        var group = JournalGroup.Of(0, 2, Group(2, opens: false));
        var (batch, plans, rows) = (new ProjectionBatch(), new ProjectPlans(0), new HourChangeRows());
        batch.Outbox.WithoutThresholds.Add(0);
        Project(batch, JournalGroup.Of(0, 1, Group(1, opens: true)), plans, rows);
        Project(batch, group, plans, rows);

        var before = GC.GetAllocatedBytesForCurrentThread();
        Project(batch, group, plans, rows);
        var bytes = GC.GetAllocatedBytesForCurrentThread() - before;
        Assert.Equal((Events, Events), (batch.Events.Count, batch.LedgerRows.Count));
        Assert.InRange(bytes / (double)Events, 0, BytesAnEvent);
    }

    private static void Project(ProjectionBatch batch, JournalGroup group, ProjectPlans plans, HourChangeRows rows)
    {
        batch.Clear();
        batch.Add(group, plans, TimeRange.Everything, Instant.MinValue);
        batch.Order.Of(batch.Events.Count, batch.ProjectOfEvent);
        rows.Make(batch.Hours, new Dictionary<int, long> { [0] = 1 });
    }

    private static byte[] Group(long sequence, bool opens)
    {
        Meter meter = new()
        {
            Id = MeterId.Parse("tokens"), EventType = "llm.call", Aggregation = Aggregation.Sum, Value = "tokens", Dimensions = ["model"],
        };
        var shape = new EventShape("llm.call", [meter]);
        var writer = new GroupWriter();
        writer.Begin(sequence);
        using var batch = EventBatch.Rent(Events * 64, Events);
        for (var i = 0; i < Events; i++)
        {
            var customer = $"c{i % 100}";
            writer.Customer(customer, Encoding.UTF8.GetBytes(customer), JournalMaker.Start, 0);
            if (opens && i < 100)
                writer.ProjectOpened(customer, "pro", 1);
            var index = batch.AddEvent();
            ref var item = ref batch[index];
            item.Shape = shape;
            item.Id = batch.Append(Encoding.UTF8.GetBytes(Guid.NewGuid().ToString()));
            item.Source = batch.Append("/chat"u8);
            item.FirstValue = batch.AddValues(2);
            batch.Values(item)[0] = new PropertyValue { Kind = PropertyKind.Number, Number = Amount.FromWhole(i) };
            batch.Values(item)[1] = new PropertyValue { Kind = PropertyKind.Text, Text = batch.Append("gpt-4o"u8) };
            writer.Event(batch, batch[index], Encoding.UTF8.GetBytes(customer), JournalMaker.Start, 1, 0, Amount.One);
            writer.Burned(
                Amount.One, Amount.Zero, [new GrantDraw(1, Amount.One)], 1,
                new LedgerStamp(i / 100 + 1, Amount.FromWhole(5), Amount.FromWhole(4)));
        }

        return writer.Close().ToArray();
    }
}
