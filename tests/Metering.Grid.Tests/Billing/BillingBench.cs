using Metering.Core.Ids;
using Metering.Core.Invoicing;
using Metering.Core.Money;
using Metering.Core.Time;
using Metering.Grid.Billing;
using Metering.Grid.Directory;
using Metering.Grid.Tests.Support;
using Metering.TestSupport.Engine;

namespace Metering.Grid.Tests.Billing;

/// <summary>A process with customers on a plan of 49 USD a month, and a clock that goes from month to month.</summary>
internal sealed class BillingBench
{
    private BillingBench(TestGrid grid, TestProcess process)
    {
        Grid = grid;
        Process = process;
    }

    public static Period January { get; } = Month("2025-01-01T00:00:00Z", "2025-02-01T00:00:00Z");

    public static Period February { get; } = Month("2025-02-01T00:00:00Z", "2025-03-01T00:00:00Z");

    public static Period March { get; } = Month("2025-03-01T00:00:00Z", "2025-04-01T00:00:00Z");

    public TestGrid Grid { get; }

    public TestProcess Process { get; private set; }

    public static async Task<BillingBench> StartAsync(int partitions = 4)
    {
        var grid = new TestGrid(partitions);
        return new BillingBench(grid, await grid.StartAsync());
    }

    public static Instant At(string text) => Instant.TryParseRfc3339(text, out Instant at) ? at : throw new FormatException(text);

    public IBilling Billing(CustomerEntry customer) => Process.Engine.Billing(customer);

    public ProjectEntry Project(CustomerEntry customer) => Grid.Directory.Project(customer.Id);

    /// <summary>A customer on the plan, whose default project is open.</summary>
    public async Task<CustomerEntry> AddAsync(int partition = 0, string plan = KitCatalog.Money, int anchor = 1)
    {
        CustomerEntry customer = Grid.AddCustomer(partition, plan, anchor: anchor);
        await Process.Engine.Project(Project(customer)).OpenAsync(default);
        return customer;
    }

    /// <summary>Lets time pass; the upkeep does what is due.</summary>
    public void GoTo(string time) => Grid.Time.Advance(At(time).ToDateTimeOffset() - Grid.Time.GetUtcNow());

    public async Task<IReadOnlyList<IssuedInvoice>> WaitForInvoicesAsync(CustomerEntry customer, int count)
    {
        IReadOnlyList<IssuedInvoice> invoices = [];
        for (int tries = 0; tries < 4000; tries++)
        {
            invoices = await Billing(customer).ListAsync(null, default);
            if (invoices.Count >= count)
                return invoices;
            await Task.Delay(5);
        }

        Assert.Fail($"{customer.Id} has {invoices.Count} invoices; {string.Join("; ", Process.Notices.Select(notice => notice.Message))}");
        return invoices;
    }

    public async Task<Invoice> InvoiceAsync(CustomerEntry customer, Period period) =>
        (await Billing(customer).IssueAsync(Project(customer), period, default)).Invoice!;

    /// <summary>The process dies and another one takes over.</summary>
    public async Task RestartAsync()
    {
        Process = await Grid.StartAsync();
    }

    public static Amount Usd(string amount) => Amount.Parse(amount);

    public static InvoiceId IdOf(CustomerEntry customer, int month) =>
        InvoiceId.Of(ProjectId.Parse(customer.Id), new DateOnly(2025, month, 1));

    private static Period Month(string start, string end) => new(At(start), At(end));
}
