using Metering.Scenarios.Support;

namespace Metering.Scenarios.Invoices.KnownAnswers;

[Collection(SharedBilling.Name)]
public sealed class MediaProTests(BillingServer server)
{
    [Fact]
    public async Task Pro_of_a_full_period_comes_to_339_50()
    {
        Month month = server.NextMonth();
        string project = await server.CustomerAsync("media-pro");
        await server.UseAsync(project, "usage.participant_minutes", 50_000);
        await server.UseAsync(project, "usage.egress_minutes", 5_000);
        await server.UseAsync(project, "usage.storage_gb", 50);
        await server.UseAsync(project, "usage.bandwidth_gb", 500);
        await server.UseAsync(project, "usage.api_requests", 500_000);

        Bill bill = await server.CloseAsync(project, month);

        Assert.Equal(["usage 200", "usage 60", "usage 5", "usage 25", "usage 0.5", "base_fee 49"], bill.Lines);
        Assert.Equal(("339.5", "USD", "issued"), (bill.Total, bill.Text("currency"), bill.Status));
        Answer verified = (await server.Operator.PostAsync($"/v1/billing/invoice/{bill.Id}/verify", null)).Expect(200);
        Assert.Equal(("True", bill.Digest), (verified.Text("identical"), verified.Text("digest")));
    }

    [Fact]
    public async Task Parts_of_a_minute_are_paid_for()
    {
        Month month = server.NextMonth();
        string project = await server.CustomerAsync("media-pro");
        await server.UseAsync(project, "usage.participant_minutes", 45_250.5m);
        Assert.Equal(["usage 181", "base_fee 49"], (await server.CloseAsync(project, month)).Lines);
    }

    [Fact]
    public async Task An_open_period_has_a_draft_with_a_number_and_no_legal_number()
    {
        Month month = server.NextMonth();
        string project = await server.CustomerAsync("media-pro");
        await server.UseAsync(project, "usage.participant_minutes", 1_000);

        Bill draft = Bill.Of((await server.AskAsync(project, month)).Expect(200));

        Assert.Equal(("draft", "", "53"), (draft.Status, draft.Text("legal_number"), draft.Total));
        string yearMonth = month.Label.Replace("-", "", StringComparison.Ordinal);
        Assert.Equal($"INV-{project}-{yearMonth}", draft.Text("invoice_number"));
        Assert.Empty((await server.Operator.GetAsync($"/v1/billing/{project}/invoices")).Expect(200).Rows("data"));
    }

    [Fact]
    public async Task The_same_period_again_is_the_same_invoice()
    {
        Month month = server.NextMonth();
        string project = await server.CustomerAsync("media-pro");
        Bill bill = await server.CloseAsync(project, month);
        Bill again = Bill.Of((await server.AskAsync(project, month)).Expect(200));
        Assert.Equal((bill.Id, bill.Digest, bill.Text("legal_number")), (again.Id, again.Digest, again.Text("legal_number")));
        Assert.Matches("^P0[0-3]-[0-9]{6}$", bill.Text("legal_number"));
    }

    [Fact]
    public async Task Dates_that_are_no_billing_period_are_refused()
    {
        Month month = server.NextMonth();
        string project = await server.CustomerAsync("media-pro");
        (string Start, string End)[] wrong =
        [
            (month.Day(2), month.LastDay), (month.FirstDay, month.Day(27)), (month.FirstDay, month.Next.LastDay),
            (month.LastDay, month.FirstDay),
        ];
        foreach ((string start, string end) in wrong)
            Assert.Equal("not_a_billing_period", (await server.AskAsync(project, start, end)).Expect(422).Code);
    }

    [Fact]
    public async Task An_invoice_and_a_draft_are_printed_as_PDF()
    {
        Month month = server.NextMonth();
        string project = await server.CustomerAsync("media-pro");
        Bill draft = Bill.Of((await server.AskAsync(project, month)).Expect(200));
        Assert.StartsWith("%PDF", await ReadAsync($"/v1/billing/invoice/{draft.Id}/pdf", "*/*"), StringComparison.Ordinal);
        Bill bill = await server.CloseAsync(project, month);
        Assert.StartsWith("%PDF", await ReadAsync($"/v1/billing/invoice/{bill.Id}/pdf", "*/*"), StringComparison.Ordinal);
        Assert.StartsWith("%PDF", await ReadAsync($"/v1/billing/invoice/{bill.Id}", "application/pdf"), StringComparison.Ordinal);
        Assert.StartsWith("{", await ReadAsync($"/v1/billing/invoice/{bill.Id}", "application/json"), StringComparison.Ordinal);
    }

    private Task<string> ReadAsync(string path, string accept) => server.Operator.ReadTextAsync(path, accept);
}
