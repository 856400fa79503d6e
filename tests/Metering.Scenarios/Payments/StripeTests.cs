using Metering.Scenarios.Support;
using Metering.TestSupport.Stripe;

namespace Metering.Scenarios.Payments;

/// <summary>A server of its own that collects at a stand-in for Stripe.</summary>
public sealed class StripeTests : IAsyncLifetime
{
    private StripeStandIn standIn = null!;
    private ScenarioServer server = null!;

    public async Task InitializeAsync()
    {
        standIn = await StripeStandIn.StartAsync();
        standIn.AddPaymentMethod("pm_1");
        server = new ScenarioServer
        {
            Configure = settings => settings with
            {
                CronSecret = "cron-secret-of-this-test",
                Stripe = BillingProcess.StripeAt(standIn.Address),
            },
        };
        await server.InitializeAsync();
    }

    public async Task DisposeAsync()
    {
        await server.DisposeAsync();
        await standIn.DisposeAsync();
    }

    [Fact]
    public async Task Automatic_top_up_is_charged_once_and_its_credits_appear_also_over_a_restart()
    {
        string customer = await server.CustomerAsync("llm-prepaid", "100");
        Answer known = (await server.Operator.PostAsync("/v1/billing/stripe/customer", new { org_id = customer })).Expect(200);
        Answer again = (await server.Operator.PostAsync("/v1/billing/stripe/customer", new { org_id = customer })).Expect(200);
        Assert.Equal(known.Text("stripe_customer_id"), again.Text("stripe_customer_id"));
        (await server.Operator.PostAsync(
            "/v1/billing/stripe/payment-method", new { org_id = customer, payment_method_id = "pm_1" })).Expect(200);

        // At once below its threshold, so that a payment of 20,000 credits at 0.001 is asked for.
        (await server.Operator.PutAsync(
            $"/v1/wallets/{customer}/auto_top_up", new { threshold = "500", amount = "20000", max_per_day = 1 })).Expect(200);
        await Story.UntilAsync(() => server.AvailableAsync(customer), available => available == "20100");

        Assert.Equal(2000, Assert.Single(standIn.Charges).Amount);
        using var http = new HttpClient();
        foreach (string body in standIn.Events.Concat(standIn.Events))
            Assert.Equal(200, (int)(await standIn.SendAsync(http, new Uri(server.Address, "/v1/webhooks/stripe"), body)).StatusCode);
        await server.RestartAsync();
        Assert.Equal("20100", await server.AvailableAsync(customer));
        Assert.Single(standIn.Charges);
    }

    [Fact]
    public async Task Webhook_without_a_good_signature_is_400_and_one_that_nothing_depends_on_is_200()
    {
        using var http = new HttpClient();
        var endpoint = new Uri(server.Address, "/v1/webhooks/stripe");
        const string Body = """{"id":"evt_1","type":"customer.created","data":{"object":{"id":"cus_1"}}}""";

        Assert.Equal(200, (int)(await standIn.SendAsync(http, endpoint, Body)).StatusCode);
        using var unsigned = new StringContent(Body, System.Text.Encoding.UTF8, "application/json");
        Assert.Equal(400, (int)(await http.PostAsync(endpoint, unsigned)).StatusCode);
    }

    [Fact]
    public async Task Overage_is_processed_for_the_operator_and_the_scheduler_alone()
    {
        string customer = await server.CustomerAsync("llm-prepaid");
        using ApiClient own = await server.SignInAsync(customer, "billing");
        using var cron = new ApiClient(server.Address, "cron-secret-of-this-test");

        foreach (ApiClient caller in (ApiClient[])[server.Operator, cron])
        {
            Answer ran = (await caller.PostAsync("/api/cron/process-overage", null)).Expect(200);
            Assert.Empty(ran.Rows("failures"));
        }

        (await own.PostAsync("/api/cron/process-overage", null)).Expect(403);
        (await own.PostAsync("/v1/billing/stripe/customer", new { org_id = "somebody-else" })).Expect(403);
        (await own.PostAsync("/v1/billing/stripe/customer", new { org_id = customer })).Expect(200);
        (await own.PostAsync($"/v1/billing/{customer}/stripe/integrate", new { invoice_id = "nonsense" })).Expect(400);
        (await own.PostAsync(
            $"/v1/billing/{customer}/stripe/integrate", new { invoice_id = $"inv_{customer}_20200101" })).Expect(404);
    }
}
