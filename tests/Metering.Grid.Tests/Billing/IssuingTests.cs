using Metering.Core.Ids;
using Metering.Core.Invoicing;
using Metering.Core.Money;
using Metering.Core.Time;
using Metering.Core.Usage;
using Metering.Grid.Billing;
using Metering.Grid.Directory;
using Metering.Grid.Journal;
using Metering.Grid.Storage;
using Metering.Grid.Tests.Support;
using Metering.TestSupport.Engine;
using Metering.TestSupport.Memory;
using static Metering.Grid.Tests.Billing.BillingBench;

namespace Metering.Grid.Tests.Billing;

public sealed class IssuingTests
{
    [Fact]
    public async Task Open_period_gives_a_draft_that_follows_usage_and_journals_nothing()
    {
        BillingBench bench = await StartAsync();
        CustomerEntry customer = await bench.AddAsync();
        await bench.Process.SendAsync(customer.Id, "e1", 150);
        int groups = bench.Grid.Shard.Journal(0).Count;

        InvoiceResult running = await bench.Billing(customer).DraftAsync(bench.Project(customer), null, default);
        InvoiceResult asked = await bench.Billing(customer).IssueAsync(bench.Project(customer), January, default);

        Assert.Equal(InvoiceCode.Draft, running.Code);
        Assert.Equal(InvoiceCode.Draft, asked.Code);
        Assert.True(running.Invoice!.IsDraft);
        // 100 units are included in 31 days, so 46.77 in the 14.5 days from the opening on.
        Assert.Equal(Usd("10.32"), running.Invoice.Lines.Single(line => line.Kind == LineKind.Usage).Amount);
        Assert.Equal(January, running.Invoice.Period);
        Assert.Equal(groups, bench.Grid.Shard.Journal(0).Count);
        Assert.Empty(await bench.Billing(customer).ListAsync(null, default));
    }

    [Fact]
    public async Task Customer_without_a_legal_name_is_billed_by_the_name_it_had_then()
    {
        BillingBench bench = await StartAsync();
        CustomerEntry customer = bench.Grid.Directory.Add("acme", KitCatalog.Money, name: "Acme Inc.");
        await bench.Process.Engine.Project(bench.Project(customer)).OpenAsync(default);
        bench.GoTo("2025-02-01T01:00:01Z");
        IssuedInvoice issued = Assert.Single(await bench.WaitForInvoicesAsync(customer, 1));

        InvoiceView whole = (await bench.Billing(customer).FindAsync(issued.Id, default))!;
        Assert.Equal("Acme Inc.", whole.Invoice.Recorded.Buyer.LegalName);
        Assert.True((await bench.Billing(customer).VerifyAsync(issued.Id, default))!.Identical);
    }

    [Fact]
    public async Task Tax_that_another_process_has_put_just_before_is_on_the_invoice()
    {
        BillingBench bench = await StartAsync();
        CustomerEntry customer = await bench.AddAsync();
        customer.Record = customer.Record with { Billing = BillingProfile.Empty with { Country = "DE" } };

        PutElsewhere("gst");
        InvoiceResult asked = await bench.Billing(customer).IssueAsync(bench.Project(customer), January, default);
        Assert.Equal("gst", Assert.Single(asked.Invoice!.Taxes).Name);

        PutElsewhere("vat");
        bench.GoTo("2025-02-01T01:00:01Z");
        IssuedInvoice issued = Assert.Single(await bench.WaitForInvoicesAsync(customer, 1));
        InvoiceView whole = (await bench.Billing(customer).FindAsync(issued.Id, default))!;
        Assert.Equal("vat", Assert.Single(whole.Invoice.Taxes).Name);

        void PutElsewhere(string name) => bench.Grid.Directory.MadeElsewhere = new CatalogSnapshot(TestGrid.Catalog with
        {
            TaxRates = [new TaxRate { Id = TaxRateId.Parse(name), Name = name, Country = "DE", Percent = Amount.FromWhole(19) }],
        });
    }

    [Fact]
    public async Task Closed_period_is_invoiced_by_itself_with_the_base_fee_from_the_opening_on()
    {
        BillingBench bench = await StartAsync();
        CustomerEntry customer = await bench.AddAsync();
        await bench.Process.SendAsync(customer.Id, "e1", 150);
        bench.GoTo("2025-02-01T00:59:00Z");
        Assert.Empty(await bench.Billing(customer).ListAsync(null, default));
        bench.GoTo("2025-02-01T01:00:01Z");

        IssuedInvoice issued = Assert.Single(await bench.WaitForInvoicesAsync(customer, 1));
        InvoiceView whole = (await bench.Billing(customer).FindAsync(issued.Id, default))!;

        Assert.Equal(IdOf(customer, 1), issued.Id);
        Assert.Equal(InvoiceStatus.Issued, issued.Status);
        Assert.Equal(new LegalNumber(0, 1), issued.LegalNumber);
        Assert.Equal(January.End + TimeSpan.FromDays(30), issued.DueAt);
        Assert.Equal(issued.Digest, whole.Invoice.Digest);
        // Opened on 2025-01-17T12:00Z: 14.5 of 31 days.
        Assert.Equal(Usd("22.92"), whole.Invoice.Lines.Single(line => line.Kind == LineKind.BaseFee).Amount);
    }

    [Fact]
    public async Task Sixteen_that_issue_at_once_get_one_invoice_and_one_number()
    {
        BillingBench bench = await StartAsync();
        CustomerEntry customer = await bench.AddAsync();
        CustomerEntry other = await bench.AddAsync();
        await bench.Process.SendAsync(customer.Id, "e1", 150);
        bench.GoTo("2025-02-01T01:00:01Z");

        InvoiceResult[] results = await Task.WhenAll(Enumerable.Range(0, 16).Select(racer => Task.Run(
            () => bench.Billing(racer % 4 == 3 ? other : customer)
                .IssueAsync(bench.Project(racer % 4 == 3 ? other : customer), January, default).AsTask())));

        foreach (IGrouping<InvoiceId, InvoiceResult> same in results.GroupBy(result => result.Invoice!.Id))
        {
            Assert.InRange(same.Count(result => result.Code == InvoiceCode.Issued), 0, 1);
            Assert.All(same, result => Assert.Contains(result.Code, new[] { InvoiceCode.Issued, InvoiceCode.Existing }));
            Assert.Single(same.Select(result => result.Invoice!.LegalNumber).Distinct());
            Assert.Single(same.Select(result => result.Issued!.Digest).Distinct());
        }

        await bench.WaitForInvoicesAsync(other, 1);
        Assert.Equal([1L, 2L], Numbers(bench.Grid.Shard.Journal(0)));
    }

    [Fact]
    public async Task Dates_that_are_no_billing_period_are_refused()
    {
        BillingBench bench = await StartAsync();
        CustomerEntry customer = await bench.AddAsync();
        CustomerEntry other = await bench.AddAsync();
        bench.GoTo("2025-02-01T01:00:01Z");
        await bench.WaitForInvoicesAsync(customer, 1);
        Period december = new(At("2024-12-01T00:00:00Z"), January.Start);
        Period half = January with { End = At("2025-01-20T00:00:00Z") };

        foreach (Period period in new[] { december, half, March, February with { Start = At("2025-02-02T00:00:00Z") } })
        {
            InvoiceResult result = await bench.Billing(customer).IssueAsync(bench.Project(customer), period, default);
            Assert.Equal(InvoiceCode.NotABillingPeriod, result.Code);
        }

        InvoiceResult foreign = await bench.Billing(customer).IssueAsync(bench.Project(other), January, default);
        Assert.Equal(InvoiceCode.NotABillingPeriod, foreign.Code);
    }

    [Fact]
    public async Task Month_s_end_invoices_every_customer_once_and_the_series_have_no_gap_over_restarts()
    {
        BillingBench bench = await StartAsync();
        var customers = new List<CustomerEntry>();
        for (int number = 0; number < 60; number++)
            customers.Add(await bench.AddAsync(number % 4));
        bench.GoTo("2025-02-01T01:00:01Z");
        await bench.WaitForInvoicesAsync(customers[3], 1);
        await bench.RestartAsync();
        foreach (CustomerEntry customer in customers)
            await bench.WaitForInvoicesAsync(customer, 1);
        bench.GoTo("2025-03-01T01:00:01Z");
        await bench.RestartAsync();
        foreach (CustomerEntry customer in customers)
            Assert.Equal(2, (await bench.WaitForInvoicesAsync(customer, 2)).Count);

        for (int partition = 0; partition < 4; partition++)
            Assert.Equal(Enumerable.Range(1, 30).Select(number => (long)number), Numbers(bench.Grid.Shard.Journal(partition)));
    }

    [Fact]
    public async Task Run_of_a_thousand_customers_that_is_killed_goes_on_where_it_was()
    {
        BillingBench bench = await StartAsync();
        CustomerEntry[] customers = await Task.WhenAll(Enumerable.Range(0, 1_000).Select(number => bench.AddAsync(number % 4)));
        var killed = new TaskCompletionSource();
        int Issued() => Enumerable.Range(0, 4).Sum(partition => Numbers(bench.Grid.Shard.Journal(partition)).Count);
        bench.Process.Store.OnCall = call =>
        {
            // In the middle of the run nothing of the process reaches the shard any more, and of the last round nobody knows.
            if (call.Operation != ShardOperation.WriteRound || (!killed.Task.IsCompleted && Issued() < 100))
                return new ValueTask<ShardFault>(ShardFault.None);
            return new ValueTask<ShardFault>(killed.TrySetResult() ? ShardFault.DoneButFails : ShardFault.Lost);
        };
        bench.GoTo("2025-02-01T01:00:01Z");
        await killed.Task.WaitAsync(TimeSpan.FromSeconds(20));
        int before = Issued();
        await bench.RestartAsync();
        foreach (CustomerEntry customer in customers)
            Assert.Single(await bench.WaitForInvoicesAsync(customer, 1));

        Assert.InRange(before, 1, 999);
        for (int partition = 0; partition < 4; partition++)
            Assert.Equal(Enumerable.Range(1, 250).Select(number => (long)number), Numbers(bench.Grid.Shard.Journal(partition)));
    }

    [Fact]
    public async Task Customer_that_cannot_be_invoiced_is_reported_and_stops_nobody()
    {
        BillingBench bench = await StartAsync();
        CustomerEntry broken = await bench.AddAsync();
        CustomerEntry fine = await bench.AddAsync();
        broken.Record = broken.Record with { Currency = "ZZZ" };
        bench.GoTo("2025-02-01T01:00:01Z");

        await bench.WaitForInvoicesAsync(fine, 1);
        await Eventually.Holds(
            () => bench.Process.Notices.Exists(notice => notice.Message.Contains(broken.Id, StringComparison.Ordinal)), "it is reported");
        InvoiceResult refused = await bench.Billing(broken).IssueAsync(bench.Project(broken), January, default);
        Assert.Equal(InvoiceCode.NotPossible, refused.Code);
        Assert.NotNull(refused.Fault);
        Assert.Empty(await bench.Billing(broken).ListAsync(null, default));

        broken.Record = broken.Record with { Currency = "USD" };
        bench.GoTo("2025-02-01T02:00:00Z");
        await bench.WaitForInvoicesAsync(broken, 1);
        Assert.Equal([1L, 2L], Numbers(bench.Grid.Shard.Journal(0)));
    }

    [Fact]
    public async Task Late_usage_becomes_the_adjustment_of_the_next_invoice_and_of_no_other()
    {
        BillingBench bench = await StartAsync();
        CustomerEntry customer = await bench.AddAsync();
        await bench.Process.SendAsync(customer.Id, "e1", 150);
        bench.GoTo("2025-02-01T01:00:01Z");
        await bench.WaitForInvoicesAsync(customer, 1);
        await SendLateAsync(bench, customer, "late", 30, "2025-01-31T12:00:00Z");
        bench.GoTo("2025-03-01T01:00:01Z");
        Invoice february = await bench.InvoiceAsync(customer, February);
        await SendLateAsync(bench, customer, "later", 10, "2025-01-31T12:00:00Z");
        bench.GoTo("2025-04-01T01:00:01Z");
        Invoice march = await bench.InvoiceAsync(customer, March);
        bench.GoTo("2025-05-01T01:00:01Z");
        Invoice april = await bench.InvoiceAsync(customer, new Period(March.End, At("2025-05-01T00:00:00Z")));

        Assert.Equal(Usd("3.00"), february.Lines.Single(line => line.Kind == LineKind.Adjustment).Amount);
        Assert.Equal(Usd("1.00"), march.Lines.Single(line => line.Kind == LineKind.Adjustment).Amount);
        Assert.DoesNotContain(april.Lines, line => line.Kind == LineKind.Adjustment);
        Assert.True((await bench.Billing(customer).VerifyAsync(february.Id, default))!.Identical);
        Assert.True((await bench.Billing(customer).VerifyAsync(march.Id, default))!.Identical);
        Assert.True((await bench.Billing(customer).VerifyAsync(april.Id, default))!.Identical);
    }

    [Fact]
    public async Task Overage_of_every_project_stands_on_the_default_project_s_invoice_of_the_event_s_month()
    {
        BillingBench bench = await StartAsync();
        CustomerEntry customer = await bench.AddAsync(plan: KitCatalog.Overage);
        await bench.Process.GrantAsync(customer, 100);
        await bench.Process.SendAsync(customer.Id, "e1", 150);
        bench.GoTo("2025-02-01T00:30:00Z");
        await SendLateAsync(bench, customer, "e2", 1_000, "2025-01-31T23:00:00Z");
        await bench.Process.SendAsync(customer.Id, "e3", 7);
        bench.GoTo("2025-03-01T01:00:01Z");
        await bench.WaitForInvoicesAsync(customer, 2);

        InvoiceLine january = OverageOf(await bench.InvoiceAsync(customer, January));
        InvoiceLine february = OverageOf(await bench.InvoiceAsync(customer, February));

        Assert.Equal(Amount.FromWhole(1_050), january.Quantity);
        Assert.Equal(Usd("1.05"), january.Amount);
        Assert.Equal(Amount.FromWhole(7), february.Quantity);
        Assert.True((await bench.Billing(customer).VerifyAsync(IdOf(customer, 1), default))!.Identical);
    }

    internal static async Task SendLateAsync(BillingBench bench, CustomerEntry customer, string id, long quantity, string time)
    {
        using var batch = bench.Grid.Batch((customer.Id, id, quantity));
        batch[0].Time = At(time);
        batch[0].HasTime = true;
        Assert.Equal(EventCode.Accepted, (await bench.Process.Engine.IngestAsync(batch, default)).Results[0].Code);
    }

    /// <summary>The numbers of the invoices in a journal, in its order.</summary>
    internal static List<long> Numbers(IReadOnlyList<JournalRow> journal)
    {
        var numbers = new List<long>();
        var reader = new GroupReader();
        foreach (JournalRow row in journal)
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

    private static InvoiceLine OverageOf(Invoice invoice) => invoice.Lines.Single(line => line.Kind == LineKind.OverageCredits);
}
