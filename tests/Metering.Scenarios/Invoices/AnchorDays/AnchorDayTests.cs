using System.Globalization;
using Metering.Scenarios.Support;

namespace Metering.Scenarios.Invoices.AnchorDays;

public sealed class AnchorDayTests
{
    [Theory]
    // The 31st through February of a leap year and of a common one: on its last day, and back on the 31st afterwards.
    [InlineData("UTC", 31, "2024-01-31T00:00:00Z", "2024-02-29T00:00:00Z", "2024-03-31T00:00:00Z", "2024-01", "2024-02")]
    [InlineData("UTC", 31, "2025-01-31T00:00:00Z", "2025-02-28T00:00:00Z", "2025-03-31T00:00:00Z", "2025-01", "2025-02")]
    // There was no 30 December 2011: the period begins with the 31st.
    [InlineData("Pacific/Apia", 30, "2011-11-30T10:00:00Z", "2011-12-30T10:00:00Z", "2012-01-29T10:00:00Z", "2011-11", "2011-12")]
    // 4 November 2018 had no midnight: the period begins at 01:00 there.
    [InlineData("America/Sao_Paulo", 4, "2018-10-04T03:00:00Z", "2018-11-04T03:00:00Z", "2018-12-04T02:00:00Z", "2018-10", "2018-11")]
    [InlineData("Asia/Kolkata", 15, "2025-05-14T18:30:00Z", "2025-06-14T18:30:00Z", "2025-07-14T18:30:00Z", "2025-05", "2025-06")]
    public async Task Periods_begin_on_the_customers_day(
        string zone, int day, string start, string second, string end, string firstLabel, string secondLabel)
    {
        BillingServer server = await BillingServer.StartAsync(At(start));
        try
        {
            string whole = await server.CustomerAsync("media-pro", zone: zone, anchor: day);
            Answer shown = (await server.Operator.GetAsync($"/v1/customers/{whole}")).Expect(200);
            Assert.Equal(day.ToString(CultureInfo.InvariantCulture), shown.Text("billing_anchor_day"));
            await server.UseAsync(whole, "usage.participant_minutes", 1_000);
            TimeSpan half = (At(second) - At(start)) / 2;
            server.Clock.MoveTo(At(start) + half);
            string part = await server.CustomerAsync("media-pro", zone: zone, anchor: day);

            // The last second of the first period and the first one of the next.
            server.Clock.MoveTo(At(second).AddMinutes(30));
            await server.UseAsync(whole, "usage.participant_minutes", 500, At(second).AddSeconds(-1));
            await server.UseAsync(whole, "usage.participant_minutes", 2_000, At(second));
            server.Clock.MoveTo(At(second).AddMinutes(60));
            Bill first = await server.IssuedAsync(whole, firstLabel);
            server.Clock.MoveTo(At(end).AddMinutes(60));
            Bill next = await server.IssuedAsync(whole, secondLabel);

            Assert.Equal((At(start), At(second)), Period(first));
            Assert.Equal(["usage 6", "base_fee 49"], first.Lines);
            Assert.Equal((At(second), At(end)), Period(next));
            Assert.Equal(["usage 8", "base_fee 49"], next.Lines);
            Assert.Equal(["base_fee 24.5"], (await server.IssuedAsync(part, firstLabel)).Lines);
            Assert.Equal(["base_fee 49"], (await server.IssuedAsync(part, secondLabel)).Lines);
            Assert.Equal($"INV-{whole}-{secondLabel.Replace("-", "", StringComparison.Ordinal)}", next.Text("invoice_number"));
            foreach (Bill bill in new[] { first, next })
            {
                Answer verified = (await server.Operator.PostAsync($"/v1/billing/invoice/{bill.Id}/verify", null)).Expect(200);
                Assert.Equal(("True", bill.Digest), (verified.Text("identical"), verified.Text("digest")));
            }
        }
        finally
        {
            await server.DisposeAsync();
        }
    }

    [Fact]
    public async Task Limits_of_the_billing_period_drafts_and_changes_of_plan_go_by_the_day()
    {
        BillingServer server = await BillingServer.StartAsync(At("2025-01-20T00:00:00Z"));
        try
        {
            string plan = await server.PlanAsync(
                """ "in":"money","model":"per_unit","unit_price":"0.10" """,
                plan: """
                    "wallet_mode":"postpaid","base_fee":"31.00",
                    "limits":[{"meter":"METER","max":"10","period":"billing","hard":true}]
                    """);
            string project = await server.CustomerAsync(plan, anchor: 20);
            await server.UseAsync(project, $"story.{plan}", 10);
            Answer refused = await server.Operator.IngestAsync(Story.Event($"story.{plan}", project, "over", new { quantity = 1 }));
            Assert.Equal(["limit_exceeded"], refused.Codes());

            // Over the first of the month nothing begins anew; on the 20th it does.
            server.Clock.MoveTo(At("2025-02-10T00:00:00Z"));
            refused = await server.Operator.IngestAsync(
                Story.Event($"story.{plan}", project, "still", new { quantity = 1 }, "2025-02-10T00:00:00Z"));
            Assert.Equal(["limit_exceeded"], refused.Codes());
            Assert.Equal("not_a_billing_period", (await server.AskAsync(project, "2025-02-01", "2025-02-28")).Expect(422).Code);
            Bill draft = Bill.Of((await server.AskAsync(project, "2025-01-20", "2025-02-19")).Expect(200));
            Assert.Equal(("draft", "32"), (draft.Status, draft.Total));

            // 21 of 31 days on the plan of 31.00, the 10 that are left of the period on one of 49.00: 15.806...
            (await server.Operator.PutAsync($"/v1/projects/{project}/plan", new { plan = "media-pro", when = "now" })).Expect(200);
            server.Clock.MoveTo(At("2025-02-20T01:00:00Z"));
            Assert.Equal(["usage 1", "base_fee 21", "base_fee 15.81"], (await server.IssuedAsync(project, "2025-01")).Lines);
            Answer dashboard = (await server.Operator.GetAsync($"/v1/billing/{project}/dashboard")).Expect(200);
            Assert.Equal(
                ("2025-02", "2025-02-20T00:00:00Z", "2025-03-20T00:00:00Z"),
                (dashboard.Text("billing_period"), dashboard.Text("period_start"), dashboard.Text("period_end")));
        }
        finally
        {
            await server.DisposeAsync();
        }
    }

    private static DateTimeOffset At(string text) => DateTimeOffset.Parse(text, CultureInfo.InvariantCulture);

    private static (DateTimeOffset Start, DateTimeOffset End) Period(Bill bill) =>
        (bill.Json.GetProperty("period_start").GetDateTimeOffset(), bill.Json.GetProperty("period_end").GetDateTimeOffset());
}
