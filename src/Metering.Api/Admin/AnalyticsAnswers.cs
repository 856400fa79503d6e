using Metering.Api.Json;
using Metering.Core.Time;

namespace Metering.Api.Admin;

/// <summary>All customers at a glance.</summary>
/// <param name="TotalUsers">How many customers there are.</param>
/// <param name="UsersByPlan">How many of them are on each plan with their default project, by the plan's id.</param>
/// <param name="Mrr">Monthly recurring revenue: the base fees of all projects' plans, a yearly one divided by 12; null where there are
/// several currencies and no exchange rate between them, or none was asked for.</param>
/// <param name="Currency">Of <paramref name="Mrr"/>; null with it.</param>
/// <param name="MrrByCurrency">The same as it is paid.</param>
/// <param name="Month">The month that revenue is shown of: of the invoices whose billing period began in it.</param>
/// <param name="OverageRevenue">What was invoiced for usage beyond what plans include or wallets paid, by currency.</param>
/// <param name="InvoicedRevenue">What was invoiced, credit notes taken off, by currency.</param>
/// <param name="EventsThisMonth">Events whose time is in the running month of UTC.</param>
/// <param name="TopCustomers">The five who were invoiced most, the largest first.</param>
public sealed record OverviewAnswer(
    long TotalUsers, Dictionary<string, long> UsersByPlan, ExactNumber? Mrr, string? Currency, IReadOnlyList<MoneyAnswer> MrrByCurrency,
    string Month, IReadOnlyList<MoneyAnswer> OverageRevenue, IReadOnlyList<MoneyAnswer> InvoicedRevenue, long EventsThisMonth,
    IReadOnlyList<TopCustomerAnswer> TopCustomers);

/// <summary>An amount of money.</summary>
/// <param name="Currency">ISO 4217.</param>
/// <param name="Amount">How much.</param>
public sealed record MoneyAnswer(string Currency, ExactNumber Amount);

/// <summary>A customer who pays much.</summary>
/// <param name="CustomerId">The customer.</param>
/// <param name="Revenue">What it was invoiced.</param>
/// <param name="Overage">What of it is overage.</param>
/// <param name="Currency">ISO 4217.</param>
public sealed record TopCustomerAnswer(string CustomerId, ExactNumber Revenue, ExactNumber Overage, string Currency);

/// <summary>A page of customers.</summary>
/// <param name="Data">The customers.</param>
/// <param name="NextCursor">The <c>cursor</c> of the next page; null at the end.</param>
/// <param name="Total">How many there are in all pages.</param>
public sealed record UserListAnswer(IReadOnlyList<UserAnswer> Data, string? NextCursor, long Total);

/// <summary>A customer with its usage and revenue.</summary>
/// <param name="Id">The customer.</param>
/// <param name="Name">What it is called.</param>
/// <param name="Email">Where it is written to.</param>
/// <param name="Plan">The plan of its default project.</param>
/// <param name="Status">Its status.</param>
/// <param name="CreatedAt">Since when.</param>
/// <param name="Usage">What its default project used in the running billing period, a member a meter; null while its data is away.</param>
/// <param name="Revenue">What it was invoiced in all, credit notes taken off, by currency.</param>
/// <param name="Overage">What of it was for overage, by currency.</param>
public sealed record UserAnswer(
    string Id, string Name, string Email, string Plan, string Status, Instant CreatedAt,
    Dictionary<string, System.Text.Json.JsonElement>? Usage, IReadOnlyList<MoneyAnswer> Revenue, IReadOnlyList<MoneyAnswer> Overage);
