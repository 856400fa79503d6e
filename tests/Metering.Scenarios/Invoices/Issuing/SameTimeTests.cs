using Metering.Scenarios.Support;

namespace Metering.Scenarios.Invoices.Issuing;

[Collection(SharedBilling.Name)]
public sealed class SameTimeTests(BillingServer server)
{
    [Fact]
    public async Task Of_16_callers_for_one_period_all_have_the_same_invoice()
    {
        Month month = server.NextMonth();
        string project = await server.CustomerAsync("media-pro");
        server.Clock.MoveTo(month.Closed);
        Answer[] answers = await Task.WhenAll(Enumerable.Range(0, 16).Select(_ => server.AskAsync(project, month)));

        // The partition issues by itself at the same time, and may be the first.
        Assert.True(answers.Count(answer => answer.Status == 201) <= 1);
        Assert.All(answers, answer => Assert.True(answer.Status is 200 or 201, $"{answer.Status} {answer.Body}"));
        Assert.All(answers, answer => Assert.Equal("issued", answer.Text("status")));
        Assert.Single(answers.Select(answer => (answer.Text("digest"), answer.Text("legal_number"))).Distinct());
        Assert.Single((await server.Operator.GetAsync($"/v1/billing/{project}/invoices")).Expect(200).Rows("data"));
    }
}
