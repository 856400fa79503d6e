using Metering.Core.Ids;
using Metering.Core.Invoicing;
using Metering.Core.Time;
using Metering.Delivery.Dunning;
using Metering.Delivery.Outbox;
using Metering.Delivery.Payments;
using Metering.Delivery.Tests.Payments;
using Metering.Grid.Directory;
using Metering.Grid.Outbox;
using Metering.TestSupport.Memory;
using Microsoft.Extensions.Logging.Abstractions;

namespace Metering.Delivery.Tests.Dunning;

public sealed class DunningTests : IAsyncLifetime
{
    private static readonly DateOnly January = new(2026, 1, 1);
    private static readonly Instant Due = PaymentBench.Due;

    private readonly ManualTime time = new(Due.ToDateTimeOffset());
    private readonly SortedDictionary<string, OutboxMessage> rows = new(StringComparer.Ordinal);
    private readonly HashSet<string> done = [];
    private readonly List<(string Kind, double Day)> took = [];
    private PaymentBench bench = null!;

    public async Task InitializeAsync() => bench = await PaymentBench.StartAsync();

    public async Task DisposeAsync() => await bench.DisposeAsync();

    [Fact]
    public async Task Overdue_invoice_is_tried_and_reminded_on_each_day_and_then_the_customer_is_past_due()
    {
        (InvoiceId id, FakeBilling billing, FakeWallet wallet) = await OverdueAsync("insufficient_funds");

        await RunDaysAsync(10);

        Assert.Equal([1.0, 3.0, 5.0, 7.0], Days(OutboxKinds.DunningStep));
        Assert.Equal([1.0, 3.0, 5.0, 7.0], Days(OutboxKinds.MailReminder));
        Assert.Equal(5, bench.StandIn.Calls.Count(call => call.Path.EndsWith("/pay", StringComparison.Ordinal)));
        Assert.Equal([CustomerStatus.PastDue], wallet.Statuses);
        Assert.Equal((id, InvoiceStatus.Overdue), (billing.Only.Id, billing.Only.Status));
    }

    [Fact]
    public async Task Without_mail_each_step_is_taken_and_no_reminder_is_put_in()
    {
        await OverdueAsync("insufficient_funds");
        await RunDaysAsync(10, reminds: false);
        Assert.Equal([1.0, 3.0, 5.0, 7.0], Days(OutboxKinds.DunningStep));
        Assert.Empty(Days(OutboxKinds.MailReminder));
    }

    [Fact]
    public async Task Invoice_paid_by_a_step_ends_it_and_a_customer_past_due_is_active_again()
    {
        (_, FakeBilling billing, FakeWallet wallet) = await OverdueAsync("insufficient_funds");
        await RunDaysAsync(4);
        bench.StandIn.SetDecline("pm_1", null);
        await RunDaysAsync(6);

        Assert.Equal(InvoiceStatus.Paid, billing.Only.Status);
        Assert.Equal([1.0, 3.0, 5.0], Days(OutboxKinds.DunningStep));
        Assert.Equal([1.0, 3.0], Days(OutboxKinds.MailReminder));
        Assert.Empty(wallet.Statuses);
        Assert.Single(bench.StandIn.Charges);
    }

    [Fact]
    public async Task Customer_past_due_is_active_again_when_the_last_of_its_given_up_invoices_is_paid()
    {
        (InvoiceId first, FakeBilling billing, FakeWallet wallet) = await OverdueAsync("insufficient_funds");
        InvoiceId second = billing.Issue(January.AddMonths(1), Due, "10.00");
        await billing.SetStatusAsync(second, InvoiceStatus.Overdue, default);
        Put(OutboxKinds.DunningBegin, second);
        await RunDaysAsync(8);
        Assert.Equal([CustomerStatus.PastDue], wallet.Statuses);

        await billing.SetStatusAsync(first, InvoiceStatus.Paid, default);
        Put(OutboxKinds.DunningEnd, first);
        await RunDaysAsync(1);
        Assert.Equal(CustomerStatus.PastDue, wallet.Status);
        await billing.SetStatusAsync(second, InvoiceStatus.Void, default);
        Put(OutboxKinds.DunningEnd, second);
        await RunDaysAsync(1);

        Assert.Equal([CustomerStatus.PastDue, CustomerStatus.Active], wallet.Statuses);
    }

    [Fact]
    public async Task Suspension_by_the_operator_is_neither_made_nor_lifted_by_dunning()
    {
        (InvoiceId id, FakeBilling billing, FakeWallet wallet) = await OverdueAsync("insufficient_funds");
        wallet.Status = CustomerStatus.Suspended;
        await RunDaysAsync(8);
        await billing.SetStatusAsync(id, InvoiceStatus.Paid, default);
        Put(OutboxKinds.DunningEnd, id);
        await RunDaysAsync(1);

        Assert.Empty(wallet.Statuses);
        Assert.Equal(CustomerStatus.Suspended, wallet.Status);
    }

    [Fact]
    public async Task Without_a_gateway_customers_are_reminded_and_become_past_due()
    {
        bench.Engine.Add("c1");
        FakeBilling billing = bench.Engine.BillingOf("c1");
        InvoiceId id = billing.Issue(January, Due, "49.00");
        await billing.SetStatusAsync(id, InvoiceStatus.Overdue, default);
        Put(OutboxKinds.DunningBegin, id);
        var desk = new PaymentDesk(bench.Engine, bench.Accounts, bench.Refunds, null, null, NullLoggerFactory.Instance);

        await RunDaysAsync(8, desk);

        Assert.Equal([1.0, 3.0, 5.0, 7.0], Days(OutboxKinds.MailReminder));
        Assert.Equal(CustomerStatus.PastDue, bench.Engine.WalletOf("c1").Status);
    }

    [Fact]
    public async Task Process_that_dies_at_any_step_of_it_makes_each_attempt_and_each_reminder_once()
    {
        (_, _, FakeWallet wallet) = await OverdueAsync("insufficient_funds");

        await bench.DieEverywhereAsync(() => RunDaysAsync(0.25, advance: true), forgetKeys: false);
        while (time.GetUtcNow() < (Due + TimeSpan.FromDays(8)).ToDateTimeOffset())
            await bench.DieEverywhereAsync(() => RunDaysAsync(0.25, advance: true), forgetKeys: false);

        Assert.Equal(4, rows.Values.Count(row => row.Kind == OutboxKinds.DunningStep));
        Assert.Equal(4, rows.Values.Count(row => row.Kind == OutboxKinds.MailReminder));
        string?[] attempts = [.. bench.StandIn.Calls.Where(call => call.Path.EndsWith("/pay", StringComparison.Ordinal))
            .Select(call => call.IdempotencyKey).Distinct()];
        Assert.Equal(5, attempts.Length);
        Assert.Equal([CustomerStatus.PastDue], wallet.Statuses);
    }

    [Fact]
    public async Task Without_days_nothing_follows()
    {
        (_, _, FakeWallet wallet) = await OverdueAsync("insufficient_funds");

        await RunDaysAsync(10, options: new DunningOptions { Days = [] });

        Assert.Single(rows);
        Assert.Empty(wallet.Statuses);
    }

    [Fact]
    public void Days_out_of_order_are_refused()
    {
        foreach (int[] days in (int[][])[[3, 1], [1, 1], [-1], [400]])
            Assert.Throws<InvalidOperationException>(new DunningOptions { Days = [.. days] }.Validate);
    }

    private async Task<(InvoiceId Id, FakeBilling Billing, FakeWallet Wallet)> OverdueAsync(string decline)
    {
        await bench.AddAsync("c1", "pm_1");
        bench.StandIn.SetDecline("pm_1", decline);
        FakeBilling billing = bench.Engine.BillingOf("c1");
        InvoiceId id = billing.Issue(January, Due, "49.00");
        await bench.Desk.Collection!.RunAsync("c1", id, InvoiceCollection.FirstAttempt, default);
        await billing.SetStatusAsync(id, InvoiceStatus.Overdue, default);
        Put(OutboxKinds.DunningBegin, id);
        return (id, billing, bench.Engine.WalletOf("c1"));
    }

    private void Put(string kind, InvoiceId id)
    {
        string row = $"evt_{kind}_{id}";
        rows.TryAdd(row, new OutboxMessage(
            row, kind, 1, "c1", $$"""{"invoice_id":"{{id}}"}""", Instant.FromDateTimeOffset(time.GetUtcNow())));
    }

    /// <summary>Does what the outbox and its worker do: due rows, each until it is done; follow-ups with the completion.</summary>
    private async Task RunDaysAsync(
        double days, PaymentDesk? desk = null, bool advance = true, DunningOptions? options = null, bool reminds = true)
    {
        DateTimeOffset end = time.GetUtcNow() + TimeSpan.FromDays(days);
        while (true)
        {
            var handler = new DunningHandler(bench.Engine, desk ?? bench.Desk, options ?? new DunningOptions(), time, reminds);
            Instant now = Instant.FromDateTimeOffset(time.GetUtcNow());
            foreach (OutboxMessage row in rows.Values.Where(row => row.DueAt <= now && !done.Contains(row.Id)).ToArray())
            {
                if (handler.Kinds.Contains(row.Kind))
                {
                    OutboxOutcome outcome = await handler.HandleAsync(new OutboxClaim(row, 1, now), default);
                    Assert.Equal(OutboxVerdict.Done, outcome.Verdict);
                    foreach (OutboxMessage next in outcome.FollowUps)
                        rows.TryAdd(next.Id, next);
                }

                done.Add(row.Id);
                took.Add((row.Kind, (now - Due).TotalDays));
            }

            bool more = rows.Values.Any(row => row.DueAt <= now && !done.Contains(row.Id));
            if (!more && time.GetUtcNow() >= end)
                return;
            if (!more && advance)
                time.Advance(TimeSpan.FromHours(6));
        }
    }

    private IEnumerable<double> Days(string kind) => took.Where(row => row.Kind == kind).Select(row => row.Day);
}
