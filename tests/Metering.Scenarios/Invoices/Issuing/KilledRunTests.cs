using System.Collections.Concurrent;
using System.Globalization;
using System.Text.Json;
using Metering.Scenarios.Support;
using Metering.Server.Keys;
using Metering.TestSupport;
using Metering.TestSupport.Stripe;

namespace Metering.Scenarios.Invoices.Issuing;

/// <summary>Real processes; that they have a clock that the test moves is all that they differ in from <c>serve</c>.</summary>
public sealed class KilledRunTests
{
    private static readonly int customers = WholeSuite.Of(200, 1_000);
    private static readonly Month month = new(new DateTimeOffset(2025, 1, 1, 0, 0, 0, TimeSpan.Zero));

    [Fact]
    public async Task A_run_of_invoices_killed_while_issuing_and_while_charging_ends_with_each_once_without_a_gap()
    {
        await using TestDatabase control = await PostgresServer.CreateControlAsync("billing_control");
        await using TestDatabase shard = await PostgresServer.CreateShardAsync("billing_shard");
        await using StripeStandIn stripe = await StripeStandIn.StartAsync(new BillingClock(month.Closed));
        string key = OperatorKeys.NewSecret();
        using (BillingProcess first = await StartAsync(month.Start))
        {
            await EachAsync(async number => await AddAsync(first, stripe, $"k{number}"));
            await first.DieAsync(month.Closed, customers / 5);
        }

        // The second one issues the rest and is killed when a part of them is charged, wherever each of the others is by then.
        DateTimeOffset again = month.Closed.AddMinutes(5);
        int charged;
        using (BillingProcess second = await StartAsync(again))
        {
            await Story.UntilAsync(() => Task.FromResult(stripe.Charges.Count), charges => charges >= customers / 5);
            await second.KillAsync();
            charged = stripe.Charges.Count;
        }

        Assert.InRange(charged, customers / 5, customers - 1);
        var numbers = new ConcurrentBag<string>();
        var issued = new ConcurrentBag<DateTimeOffset>();
        // Past the leases of what the second one had in hand.
        using BillingProcess third = await StartAsync(again.AddHours(1));
        DateTimeOffset now = again.AddHours(1);
        await Story.UntilAsync(
            async () =>
            {
                // What failed comes again by the clock.
                await third.MoveToAsync(now = now.AddSeconds(10));
                return stripe.Charges.Count;
            },
            charges => charges >= customers, TimeSpan.FromMinutes(4));
        await EachAsync(async number =>
        {
            Answer answer = await Story.UntilAsync(
                () => third.Operator.GetAsync($"/v1/billing/k{number}/invoices"),
                page => page.Expect(200).Rows("data") is [var only, ..] && only.GetProperty("status").GetString() == "paid");
            JsonElement invoice = Assert.Single(answer.Rows("data"));
            Assert.Equal("49", invoice.Amount("total"));
            numbers.Add(invoice.GetProperty("legal_number").GetString()!);
            issued.Add(invoice.GetProperty("issued_at").GetDateTimeOffset());
        });
        await third.StopAsync();

        Assert.Equal(customers, numbers.Distinct().Count());
        foreach (IGrouping<string, string> series in numbers.GroupBy(number => number.Split('-')[0]))
        {
            int[] gapless = [.. series.Select(number => int.Parse(number.Split('-')[1], CultureInfo.InvariantCulture)).Order()];
            Assert.Equal(Enumerable.Range(1, gapless.Length), gapless);
        }

        // The first one was in the middle of issuing when it was killed, the second one went on, the third one had what was left.
        Assert.Equal([month.Closed, again], issued.Distinct().Order().Take(2));
        Assert.Equal(
            Enumerable.Range(0, customers).Select(number => $"inv_k{number}_20250101").Order(StringComparer.Ordinal),
            stripe.Charges.Select(charge => charge.Metadata).Order(StringComparer.Ordinal));
        Assert.All(stripe.Charges, charge => Assert.Equal((4_900, "usd"), (charge.Amount, charge.Currency)));

        Task<BillingProcess> StartAsync(DateTimeOffset at) =>
            BillingProcess.StartAsync(control.ConnectionString, shard.ConnectionString, key, at, stripe.Address);
    }

    private static async Task AddAsync(BillingProcess process, StripeStandIn stripe, string id)
    {
        (await process.Operator.PostAsync(
            "/v1/customers", new { id, name = "K", email = "k@example.org", plan = "media-pro" })).Expect(201);
        (await process.Operator.PostAsync("/v1/billing/stripe/customer", new { org_id = id })).Expect(200);
        lock (stripe)
            stripe.AddPaymentMethod($"pm_{id}");
        (await process.Operator.PostAsync(
            "/v1/billing/stripe/payment-method", new { org_id = id, payment_method_id = $"pm_{id}" })).Expect(200);
    }

    private static Task EachAsync(Func<int, Task> act) => Parallel.ForEachAsync(
        Enumerable.Range(0, customers), new ParallelOptions { MaxDegreeOfParallelism = 16 }, async (number, _) => await act(number));
}
