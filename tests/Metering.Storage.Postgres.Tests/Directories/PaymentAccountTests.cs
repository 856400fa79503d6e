using Metering.Core.Time;
using Metering.Grid.Directory;
using Metering.Grid.Payments;
using Metering.Storage.Postgres.Connections;
using Metering.Storage.Postgres.Directories;
using Metering.Storage.Postgres.Schema;
using Metering.TestSupport;

namespace Metering.Storage.Postgres.Tests.Directories;

public sealed class PaymentAccountTests : IAsyncLifetime
{
    private TestDatabase _database = null!;
    private ControlDatabase _control = null!;
    private PaymentAccounts _accounts = null!;

    public async Task InitializeAsync()
    {
        _database = await PostgresServer.CreateDatabaseAsync("control");
        await Migrator.MigrateControlAsync(_database.ConnectionString, default);
        _control = new ControlDatabase(new PostgresOptions { ConnectionString = _database.ConnectionString });
        _accounts = new PaymentAccounts(_control);
        await new DirectoryStore(_control).AddCustomersAsync([Customer("a"), Customer("b"), Customer("c")], default);
    }

    public async Task DisposeAsync()
    {
        await _control.DisposeAsync();
        await _database.DisposeAsync();
    }

    [Fact]
    public async Task First_name_at_the_gateway_stands_for_good()
    {
        Assert.Null(await _accounts.FindAsync("a", default));
        Assert.Equal("cus_1", await _accounts.AddAsync("a", "cus_1", default));
        Assert.Equal("cus_1", await _accounts.AddAsync("a", "cus_2", default));
        Assert.Equal("cus_1", await _accounts.FindAsync("a", default));
        Assert.Equal("a", await _accounts.FindCustomerAsync("cus_1", default));
        Assert.Null(await _accounts.FindCustomerAsync("cus_2", default));
    }

    [Fact]
    public async Task Name_of_another_customer_or_for_nobody_is_refused()
    {
        await _accounts.AddAsync("a", "cus_1", default);
        await Assert.ThrowsAsync<ArgumentException>(async () => await _accounts.AddAsync("b", "cus_1", default));
        await Assert.ThrowsAsync<ArgumentException>(async () => await _accounts.AddAsync("nobody", "cus_9", default));
    }

    [Fact]
    public async Task Accounts_are_listed_page_by_page_in_the_order_of_customers()
    {
        foreach (string id in (string[])["c", "a", "b"])
            await _accounts.AddAsync(id, $"cus_{id}", default);
        Assert.Equal(
            [new PaymentAccount("a", "cus_a"), new PaymentAccount("b", "cus_b")], await _accounts.ListAsync(null, 2, default));
        Assert.Equal([new PaymentAccount("c", "cus_c")], await _accounts.ListAsync("b", 2, default));
    }

    private static CustomerRecord Customer(string id) => new(
        id, id, $"{id}@example.com", "free", 1, "USD", "UTC", null, CustomerStatus.Active, Instant.UnixEpoch, 0);
}
