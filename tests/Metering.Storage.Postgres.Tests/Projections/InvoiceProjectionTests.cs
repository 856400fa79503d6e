using Metering.Core.Catalog;
using Metering.Core.Ids;
using Metering.Core.Invoicing;
using Metering.Core.Money;
using Metering.Core.Time;
using Metering.Grid.Directory;
using Metering.Grid.History;
using Metering.Grid.Journal;
using Metering.Storage.Postgres.History;
using Metering.Storage.Postgres.Projections;

namespace Metering.Storage.Postgres.Tests.Projections;

public sealed class InvoiceProjectionTests
{
    private static readonly Instant January = Instant.FromUnixMicroseconds(1_735_689_600_000_000);

    [Fact]
    public async Task Invoice_becomes_a_row_that_follows_what_becomes_of_it()
    {
        await using var bench = await ProjectionBench.CreateAsync(partitions: 2, seed: 31);
        var projector = bench.Projector();
        var invoice = Issued("c0", 1, month: 1, total: 59, overage: 10);
        await bench.Journal.WriteAsync(0, writer => Issue(writer, invoice));
        await bench.DrainAsync(projector);
        await bench.Journal.WriteAsync(0, writer =>
        {
            Begin(writer, "c0");
            writer.CreditNoteIssued(invoice.Id.Value, null, CreditNoteFormat.Write(NoteOf(invoice, 1, 9, 0)));
            writer.CreditNoteIssued(invoice.Id.Value, null, CreditNoteFormat.Write(NoteOf(invoice, 2, 1, 9)));
            writer.InvoiceStatusChanged(invoice.Id.Value, InvoiceStatus.Overdue);
            writer.InvoiceStatusChanged(invoice.Id.Value, InvoiceStatus.Paid);
            writer.InvoicePushed(invoice.Id.Value, "in_1", []);
        });
        await bench.DrainAsync(projector);

        var history = new InvoiceHistory([bench.Shard.Database], _ => bench.Shard.Database);
        var row = Assert.Single((await history.ListAsync(Query(projectId: "c0"), default)).Rows);
        Assert.Equal(invoice.Id.Value, row.Id);
        Assert.Equal("P00-000001", row.LegalNumber);
        Assert.Equal(invoice.Period, row.Period);
        Assert.Equal(new DateOnly(2025, 1, 1), row.FirstDay);
        Assert.Equal((Amount.FromWhole(59), Amount.FromWhole(10), Amount.FromWhole(10)), (row.Total, row.Overage, row.Credited));
        Assert.Equal(InvoiceStatus.Paid, row.Status);
        Assert.Equal("in_1", row.ExternalId);
        Assert.Equal(invoice.Digest.Value, row.Digest);
        Assert.Equal(1, row.Sequence);
        var notes = await history.ListCreditNotesAsync(0, invoice.Id, default);
        Assert.Equal(["P00-C000001", "P00-C000002"], notes.Select(note => note.Number));
    }

    [Fact]
    public async Task Rebuild_makes_the_same_invoices_and_a_rebuild_of_days_leaves_them_alone()
    {
        await using var bench = await ProjectionBench.CreateAsync(partitions: 2, seed: 32);
        await FillAsync(bench);
        var history = new InvoiceHistory([bench.Shard.Database], _ => bench.Shard.Database);
        var before = (await history.ListAsync(Query(), default)).Rows;

        await new ProjectionRebuild(bench.Shard.Database, TimeProvider.System).RunAsync(January, January + TimeSpan.FromDays(90), default);
        Assert.Equal(before, (await history.ListAsync(Query(), default)).Rows);
        await bench.Shard.ScalarAsync("UPDATE invoice SET total = 0, status = 5; DELETE FROM credit_note; SELECT 1");
        await new ProjectionRebuild(bench.Shard.Database, TimeProvider.System).RunAsync(null, null, default);

        Assert.Equal(before, (await history.ListAsync(Query(), default)).Rows);
    }

    [Fact]
    public async Task Lists_page_by_cursor_and_offset_newest_period_first()
    {
        await using var bench = await ProjectionBench.CreateAsync(partitions: 2, seed: 33);
        await FillAsync(bench);
        var history = new InvoiceHistory([bench.Shard.Database], _ => bench.Shard.Database);
        var all = await history.ListAsync(Query(), default);
        Assert.Equal(12, all.Total);
        Assert.Null(all.NextCursor);
        Assert.Equal(all.Rows.OrderByDescending(row => row.FirstDay).ThenBy(row => row.Id, StringComparer.Ordinal), all.Rows);

        var paged = new List<InvoiceRow>();
        string? cursor = null;
        do
        {
            var page = await history.ListAsync(Query(limit: 5, cursor: cursor), default);
            Assert.Equal(12, page.Total);
            paged.AddRange(page.Rows);
            cursor = page.NextCursor;
        }
        while (cursor is not null);

        Assert.Equal(all.Rows, paged);
        Assert.Equal(all.Rows.Skip(5).Take(5), (await history.ListAsync(Query(limit: 5, offset: 5), default)).Rows);
        Assert.Equal(2, (await history.ListAsync(Query(status: InvoiceStatus.Void), default)).Total);
        Assert.Equal(6, (await history.ListAsync(Query() with { Partition = 1 }, default)).Total);
        Assert.Equal(2, (await history.ListAsync(Query() with { CustomerId = "c1-2" }, default)).Total);
        await Assert.ThrowsAsync<FormatException>(async () => await history.ListAsync(Query(cursor: "?"), default));
    }

    [Fact]
    public async Task Sums_leave_out_void_invoices_and_stand_by_month_and_customer()
    {
        await using var bench = await ProjectionBench.CreateAsync(partitions: 2, seed: 34);
        await FillAsync(bench);
        var history = new InvoiceHistory([bench.Shard.Database], _ => bench.Shard.Database);

        var whole = Assert.Single(await history.SumAsync(new RevenueQuery(null, null, false, false, 10), default));
        var months = await history.SumAsync(new RevenueQuery(null, null, true, false, 10), default);
        var customers = await history.SumAsync(
            new RevenueQuery(new DateOnly(2025, 2, 1), new DateOnly(2025, 3, 1), false, true, 2), default);

        Assert.Equal((10L, Amount.FromWhole(10 * 49 + 30), Amount.FromWhole(30)), (whole.Invoices, whole.Total, whole.Overage));
        Assert.Equal([new DateOnly(2025, 1, 1), new DateOnly(2025, 2, 1)], months.Select(row => row.Month!.Value));
        Assert.Equal(whole.Total, months.Aggregate(Amount.Zero, (sum, row) => sum + row.Total));
        Assert.Equal(2, customers.Count);
        Assert.All(customers, row => Assert.Equal(1, row.Invoices));
    }

    // Three customers a partition, two months each; the second of each partition's first month is void.
    private static async Task FillAsync(ProjectionBench bench)
    {
        for (var partition = 0; partition < 2; partition++)
        {
            var number = 0;
            for (var month = 1; month <= 2; month++)
            {
                for (var customer = 0; customer < 3; customer++)
                {
                    var overage = month == 2 ? 5 : 0;
                    var invoice = Issued($"c{partition}-{customer}", ++number, month, 49 + overage, overage, partition);
                    await bench.Journal.WriteAsync(partition, writer => Issue(writer, invoice));
                    if (month == 1 && customer == 1)
                    {
                        await bench.Journal.WriteAsync(partition, writer =>
                        {
                            Begin(writer, invoice.Customer.Value);
                            writer.InvoiceStatusChanged(invoice.Id.Value, InvoiceStatus.Void);
                        });
                    }
                }
            }
        }

        await bench.DrainAsync(bench.Projector());
    }

    private static void Issue(GroupWriter writer, Invoice invoice)
    {
        Begin(writer, invoice.Customer.Value);
        writer.InvoiceIssued(invoice.Project.Value, InvoiceFormat.Write(invoice));
    }

    private static void Begin(GroupWriter writer, string customer) =>
        writer.Customer(customer, System.Text.Encoding.UTF8.GetBytes(customer), JournalMaker.Start, 0);

    private static InvoiceQuery Query(
        string? projectId = null, InvoiceStatus? status = null, int limit = 100, int offset = 0, string? cursor = null) =>
        new(null, null, projectId, status, false, limit, offset, cursor);

    private static CreditNote NoteOf(Invoice invoice, long number, int total, int before)
    {
        Assert.True(CreditNoteCompiler.TryCompile(
            invoice, new CreditNoteNumber(0, number), Amount.FromWhole(total), Amount.FromWhole(before), "because", January, out var note));
        return note;
    }

    private static Invoice Issued(string customer, long number, int month, int total, int overage, int partition = 0)
    {
        var day = new DateOnly(2025, month, 1);
        var period = new Period(Start(day), Start(day.AddMonths(1)));
        var project = ProjectId.Parse(customer);
        return new Invoice
        {
            Id = InvoiceId.Of(project, day),
            Number = InvoiceNumber.Of(project, day),
            LegalNumber = new LegalNumber(partition, number),
            Project = project,
            Customer = CustomerId.Parse(customer),
            Period = period,
            FirstDay = day,
            Currency = Currency.Parse("USD"),
            Segments = [new InvoiceSegment(period, PlanId.Parse("pro"), 1, "Pro", IntervalShare.Whole)],
            Lines = [Line(LineKind.BaseFee, total - overage, period), Line(LineKind.OverageCredits, overage, period)],
            Subtotal = Amount.FromWhole(total),
            Taxes = [],
            Tax = Amount.Zero,
            Total = Amount.FromWhole(total),
            IssuedAt = period.End,
            DueAt = period.End + TimeSpan.FromDays(30),
            Positions = new JournalRange(1, 1),
            Recorded = new InvoiceRecord { Seller = BillingProfile.Empty, Buyer = BillingProfile.Empty, TaxDate = day },
        };
    }

    private static Instant Start(DateOnly day) => Instant.FromDateTimeOffset(new DateTimeOffset(day, TimeOnly.MinValue, TimeSpan.Zero));

    private static InvoiceLine Line(LineKind kind, int amount, Period period) => new()
    {
        Kind = kind, Description = kind.ToString(), Quantity = Amount.One, Unit = "", UnitPrice = Amount.FromWhole(amount),
        Amount = Amount.FromWhole(amount), Period = period,
    };
}
