using System.Text.Json;
using Metering.Api.Customers;
using Metering.Api.Usage;
using Metering.Grid;
using Metering.Grid.Directory;
using Metering.Grid.History;

namespace Metering.Api.Admin;

/// <summary>Adds usage and revenue to a page of customers.</summary>
internal static class UserReport
{
    private const int SumsMax = 10_000;

    public static async Task<IReadOnlyList<UserAnswer>> OfAsync(
        IMeteringEngine engine, IReadOnlyList<CustomerRecord> customers, CancellationToken cancellation)
    {
        if (customers.Count == 0)
            return [];
        var query = new RevenueQuery(null, null, false, true, SumsMax) { Customers = [.. customers.Select(customer => customer.Id)] };
        ILookup<string?, RevenueRow> revenue =
            (await engine.InvoiceHistory.SumAsync(query, cancellation)).ToLookup(row => row.CustomerId);
        var rows = new List<UserAnswer>(customers.Count);
        foreach (CustomerRecord customer in customers)
        {
            rows.Add(new UserAnswer(
                customer.Id, customer.Name, customer.Email, customer.Plan, StatusWords.Of(customer.Status), customer.CreatedAt,
                await UsageOfAsync(engine, customer.Id, cancellation),
                [.. revenue[customer.Id].Select(row => new MoneyAnswer(row.Currency, row.Total - row.Credited))],
                [.. revenue[customer.Id].Select(row => new MoneyAnswer(row.Currency, row.Overage))]));
        }

        return rows;
    }

    /// <summary>Null while the customer's partition is away: the others are shown.</summary>
    private static async ValueTask<Dictionary<string, JsonElement>?> UsageOfAsync(
        IMeteringEngine engine, string customer, CancellationToken cancellation)
    {
        try
        {
            return await engine.Directory.FindProjectAsync(customer, cancellation) is { } project
                ? MeterMembers.Of(await engine.Project(project).ReadAsync(cancellation))
                : null;
        }
        catch (PartitionUnavailableException)
        {
            return null;
        }
    }
}
