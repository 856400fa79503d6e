using Metering.Grid.Payments;
using Metering.Storage.Postgres.Directories;

namespace Metering.Storage.Postgres.Tests.Directories;

public sealed class PaymentAccountTests : IAsyncLifetime
{
    private ControlBench _bench = null!;
    private PaymentAccounts _accounts = null!;

    public async Task InitializeAsync()
    {
        _bench = await ControlBench.CreateAsync("a", "b", "c");
        _accounts = new PaymentAccounts(_bench.Control);
    }

    public Task DisposeAsync() => _bench.DisposeAsync().AsTask();

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
}
