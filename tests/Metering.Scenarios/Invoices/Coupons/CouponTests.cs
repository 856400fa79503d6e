using Metering.Scenarios.Support;

namespace Metering.Scenarios.Invoices.Coupons;

[Collection(SharedBilling.Name)]
public sealed class CouponTests(BillingServer server)
{
    [Fact]
    public async Task A_percentage_once_is_taken_off_one_invoice()
    {
        Month month = server.NextMonth();
        string project = await WithCouponAsync(new { name = "Welcome", percent = "10", duration = "once" });
        Bill first = await server.CloseAsync(project, month);
        Assert.Equal(["base_fee 49", "discount -4.9"], first.Lines);
        Assert.Equal("44.1", first.Total);
        Assert.Equal(["base_fee 49"], (await server.CloseAsync(project, month.Next)).Lines);
    }

    [Fact]
    public async Task An_amount_for_two_months_is_taken_off_two_invoices()
    {
        Month month = server.NextMonth();
        string project = await WithCouponAsync(
            new { name = "Friends", amount = "20", currency = "USD", duration = "months", months = 2 });
        Assert.Equal("29", (await server.CloseAsync(project, month)).Total);
        Assert.Equal("29", (await server.CloseAsync(project, month.Next)).Total);
        Assert.Equal("49", (await server.CloseAsync(project, month.Next.Next)).Total);
        Answer left = (await server.Operator.GetAsync($"/v1/customers/{project}/coupons")).Expect(200);
        Assert.Equal(0, Assert.Single(left.Rows("data")).GetProperty("invoices_left").GetInt32());
    }

    [Fact]
    public async Task An_amount_larger_than_the_invoice_leaves_nothing_to_pay()
    {
        Month month = server.NextMonth();
        string project = await WithCouponAsync(new { name = "Large", amount = "60", currency = "USD", duration = "once" });
        Bill bill = await server.CloseAsync(project, month);
        Assert.Equal(["base_fee 49", "discount -49"], bill.Lines);
        Assert.Equal(("0", "paid"), (bill.Total, bill.Status));
    }

    private async Task<string> WithCouponAsync(object coupon)
    {
        string id = $"k{Guid.NewGuid():N}";
        (await server.Operator.PutAsync($"/v1/coupons/{id}", coupon)).Expect(201);
        string customer = await server.CustomerAsync("media-pro");
        (await server.Operator.PostAsync($"/v1/customers/{customer}/coupons", new { coupon = id })).Expect(201);
        return customer;
    }
}
