using System.Collections.Concurrent;
using System.Globalization;
using System.Text.Json;
using Metering.Scenarios.Support;
using Metering.Server.Keys;
using Metering.TestSupport;

namespace Metering.Scenarios.Invoices.Issuing;

/// <summary>Real processes; that they have a clock that the test moves is all that they differ in from <c>serve</c>.</summary>
public sealed class KilledRunTests
{
    private const int Customers = 1_000;
    private static readonly Month month = new(new DateTimeOffset(2025, 1, 1, 0, 0, 0, TimeSpan.Zero));

    [Fact]
    public async Task A_run_of_a_thousand_invoices_that_is_killed_is_finished_by_the_next_process_each_once_without_a_gap()
    {
        await using TestDatabase control = await PostgresServer.CreateDatabaseAsync("billing_control");
        await using TestDatabase shard = await PostgresServer.CreateDatabaseAsync("billing_shard");
        string key = OperatorKeys.NewSecret();
        using (BillingProcess first = await BillingProcess.StartAsync(control.ConnectionString, shard.ConnectionString, key, month.Start))
        {
            await EachAsync(async number => (await first.Operator.PostAsync(
                "/v1/customers",
                new { id = $"k{number}", name = "K", email = "k@example.org", plan = "media-pro" })).Expect(201));
            await first.DieAsync(month.Closed, Customers / 5);
        }

        using BillingProcess second = await BillingProcess.StartAsync(
            control.ConnectionString, shard.ConnectionString, key, month.Closed.AddMinutes(5));
        var numbers = new ConcurrentBag<string>();
        var issued = new ConcurrentBag<DateTimeOffset>();
        await EachAsync(async number =>
        {
            Answer answer = await Story.UntilAsync(
                () => second.Operator.GetAsync($"/v1/billing/k{number}/invoices"), page => page.Expect(200).Rows("data").Count > 0);
            JsonElement invoice = Assert.Single(answer.Rows("data"));
            Assert.Equal("49", invoice.Amount("total"));
            numbers.Add(invoice.GetProperty("legal_number").GetString()!);
            issued.Add(invoice.GetProperty("issued_at").GetDateTimeOffset());
        });
        await second.StopAsync();

        Assert.Equal(Customers, numbers.Distinct().Count());
        foreach (IGrouping<string, string> series in numbers.GroupBy(number => number.Split('-')[0]))
        {
            int[] gapless = [.. series.Select(number => int.Parse(number.Split('-')[1], CultureInfo.InvariantCulture)).Order()];
            Assert.Equal(Enumerable.Range(1, gapless.Length), gapless);
        }

        // Both processes had a part in it: the first one was in the middle when it was killed.
        Assert.Equal([month.Closed, month.Closed.AddMinutes(5)], issued.Distinct().Order());
    }

    private static Task EachAsync(Func<int, Task> act) => Parallel.ForEachAsync(
        Enumerable.Range(0, Customers), new ParallelOptions { MaxDegreeOfParallelism = 16 }, async (number, _) => await act(number));
}
