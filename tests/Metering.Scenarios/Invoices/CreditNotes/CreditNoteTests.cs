using Metering.Scenarios.Support;

namespace Metering.Scenarios.Invoices.CreditNotes;

[Collection(SharedBilling.Name)]
public sealed class CreditNoteTests(BillingServer server)
{
    [Fact]
    public async Task A_part_then_the_rest_then_nothing_is_left()
    {
        Bill bill = await IssuedAsync();
        Answer part = (await CreditAsync(bill, "10")).Expect(201);
        Answer rest = (await CreditAsync(bill, null)).Expect(201);
        Assert.Equal(("10", "39"), (part.Body.Amount("total"), rest.Body.Amount("total")));
        Assert.Matches("^P0[0-3]-C[0-9]{6}$", part.Text("number"));
        Assert.NotEqual(part.Text("number"), rest.Text("number"));
        Assert.Equal("exceeds_invoice", (await CreditAsync(bill, "0.01")).Expect(422).Code);
        Answer after = (await server.Operator.GetAsync($"/v1/billing/invoice/{bill.Id}")).Expect(200);
        Assert.Equal(("49", "49"), (after.Body.Amount("total"), after.Body.Amount("credited")));
    }

    [Fact]
    public async Task More_than_the_invoice_is_refused_and_credits_nothing()
    {
        Bill bill = await IssuedAsync();
        Assert.Equal("exceeds_invoice", (await CreditAsync(bill, "49.01")).Expect(422).Code);
        Assert.Empty((await server.Operator.GetAsync(Path(bill))).Expect(200).Rows("data"));
    }

    [Fact]
    public async Task The_same_key_twice_credits_once()
    {
        Bill bill = await IssuedAsync();
        Answer first = (await CreditAsync(bill, "10", "once")).Expect(201);
        Answer again = (await CreditAsync(bill, "10", "once")).Expect(201);
        Assert.Equal(first.Text("number"), again.Text("number"));
        Assert.Single((await server.Operator.GetAsync(Path(bill))).Expect(200).Rows("data"));
        Assert.Equal("idempotency_key_reused", (await CreditAsync(bill, "11", "once")).Expect(422).Code);
    }

    [Fact]
    public async Task Of_a_void_invoice_nothing_is_credited()
    {
        Bill bill = await IssuedAsync();
        (await server.MoveAsync(bill, "void")).Expect(200);
        Assert.Equal("invoice_void", (await CreditAsync(bill, "10")).Expect(409).Code);
    }

    private static string Path(Bill bill) => $"/v1/billing/invoice/{bill.Id}/credit_notes";

    private Task<Answer> CreditAsync(Bill bill, string? amount, string? key = null)
    {
        var body = new Dictionary<string, string> { ["reason"] = "An outage" };
        if (amount is not null)
            body["amount"] = amount;
        return server.Operator.PostAsync(Path(bill), body, key is null ? [] : [("Idempotency-Key", key)]);
    }

    private async Task<Bill> IssuedAsync()
    {
        Month month = server.NextMonth();
        return await server.CloseAsync(await server.CustomerAsync("media-pro"), month);
    }
}
