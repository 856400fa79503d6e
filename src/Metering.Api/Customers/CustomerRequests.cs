using System.Runtime.InteropServices;
using Metering.Api.Billing;
using Metering.Api.Json;
using Metering.Core.Invoicing;
using Metering.Core.Money;
using Metering.Core.Time;
using Metering.Grid.Directory;

namespace Metering.Api.Customers;

/// <summary>The words of <see cref="CustomerStatus"/>.</summary>
internal static class StatusWords
{
    public static readonly IReadOnlyList<(string Word, CustomerStatus Value)> All =
        [("active", CustomerStatus.Active), ("suspended", CustomerStatus.Suspended), ("past_due", CustomerStatus.PastDue)];

    /// <summary>The status of a word that is one of <see cref="All"/>; active for none.</summary>
    public static CustomerStatus Find(string? word) => word is null ? CustomerStatus.Active : All.First(pair => pair.Word == word).Value;

    public static string Of(CustomerStatus status) => All.First(pair => pair.Value == status).Word;
}

/// <summary>The body of <c>POST /v1/customers</c>.</summary>
/// <param name="Id">The customer's id; made up where it is absent.</param>
/// <param name="Name">What it is called.</param>
/// <param name="Email">Where it is written to.</param>
/// <param name="Plan">The plan of its default project, in its newest version.</param>
/// <param name="Currency">ISO 4217, one that the plan has prices in; the plan's own where it is absent.</param>
/// <param name="TimeZone">The IANA name of the zone its days and months are counted in; UTC where it is absent.</param>
/// <param name="Tier">A label of the operator's.</param>
/// <param name="Status"><c>active</c>, <c>suspended</c> or <c>past_due</c>; active where it is absent.</param>
/// <param name="Billing">How its invoices name it.</param>
/// <param name="BillingAnchorDay">The day of the month, 1 to 31, on which its billing periods begin, in a shorter month the last day; 1
/// where it is absent. Fixed from then on.</param>
public sealed record CreateCustomerRequest(
    string? Id, string Name, string Email, string Plan, string? Currency, string? TimeZone, string? Tier, string? Status,
    ProfileShape? Billing, int? BillingAnchorDay)
{
    internal BillingProfile? Profile { get; private init; }

    internal static CreateCustomerRequest? Read(BodyObject body)
    {
        var id = body.Id("id");
        var name = body.Text("name", required: true);
        var email = ReadEmail(body, required: true);
        var plan = body.Id("plan", required: true);
        var currency = body.Text("currency");
        if (currency is not null && !Core.Money.Currency.TryFind(currency, out _))
            body.Fault("currency", "Must be a currency code of ISO 4217, such as USD.");
        var zone = body.Text("time_zone");
        if (zone is not null && !TimeZones.TryFind(zone, out _))
            body.Fault("time_zone", "Must be the IANA name of a time zone, such as Europe/Berlin.");
        var tier = body.Text("tier");
        var status = body.Word("status", StatusWords.All);
        var billing = ReadBilling(body);
        var anchor = body.Whole("billing_anchor_day", 1, 31);
        return name is null || email is null || plan is null
            ? null
            : new CreateCustomerRequest(
                id, name, email, plan, currency, zone, tier, status is { } known ? StatusWords.Of(known) : null,
                billing is null ? null : ProfileShape.Of(billing), anchor)
            {
                Profile = billing,
            };
    }

    /// <summary>The member <c>billing</c>: it replaces what was there, and what is absent of it is empty.</summary>
    internal static BillingProfile? ReadBilling(BodyObject body)
    {
        if (body.Element("billing") is not { } element)
            return null;
        if (BillingJson.TryReadProfile(JsonMarshal.GetRawUtf8Value(element).ToArray(), out var profile, out var faults))
            return profile;
        foreach (var fault in faults)
            body.Fault(fault.Field.Length == 0 ? "billing" : "billing." + fault.Field, fault.Message);
        return null;
    }

    internal static string? ReadEmail(BodyObject body, bool required)
    {
        var email = body.Text("email", required, maxLength: 254);
        if (email is null)
            return null;
        var at = email.IndexOf('@', StringComparison.Ordinal);
        if (at > 0 && at < email.Length - 1 && email.IndexOf('@', at + 1) < 0 && !email.Contains(' ', StringComparison.Ordinal))
            return email;
        body.Fault("email", "Must be an e-mail address.");
        return null;
    }
}

/// <summary>The body of <c>PATCH /v1/customers/{id}</c>; what is absent stays as it is.</summary>
/// <param name="Name">What it is called.</param>
/// <param name="Email">Where it is written to.</param>
/// <param name="Tier">A label of the operator's.</param>
/// <param name="Plan">Moves the default project to the newest version of this plan, now.</param>
/// <param name="Status"><c>active</c>, <c>suspended</c> or <c>past_due</c>.</param>
/// <param name="Billing">How invoices from now on name it.</param>
public sealed record ChangeCustomerRequest(
    string? Name, string? Email, string? Tier, string? Plan, string? Status, ProfileShape? Billing)
{
    internal CustomerStatus? NewStatus { get; private init; }

    internal BillingProfile? Profile { get; private init; }

    internal static ChangeCustomerRequest Read(BodyObject body)
    {
        var status = body.Word("status", StatusWords.All);
        var billing = CreateCustomerRequest.ReadBilling(body);
        return new ChangeCustomerRequest(
            body.Text("name"), CreateCustomerRequest.ReadEmail(body, required: false), body.Text("tier"), body.Id("plan"),
            status is { } known ? StatusWords.Of(known) : null, billing is null ? null : ProfileShape.Of(billing))
        {
            NewStatus = status,
            Profile = billing,
        };
    }
}

/// <summary>A customer. Plan and status follow what its partition has journaled.</summary>
public sealed record CustomerAnswer(
    string Id, string Name, string Email, string Plan, int PlanVersion, string Currency, string TimeZone,
    string? Tier, string Status, Instant CreatedAt, ProfileShape Billing, int BillingAnchorDay)
{
    internal static CustomerAnswer Of(CustomerRecord record) => new(
        record.Id, record.Name, record.Email, record.Plan, record.PlanVersion, record.Currency, record.TimeZone, record.Tier,
        StatusWords.Of(record.Status), record.CreatedAt, ProfileShape.Of(record.Billing), record.BillingAnchorDay);
}

/// <summary>A page of customers.</summary>
/// <param name="Data">The customers.</param>
/// <param name="NextCursor">The <c>cursor</c> of the next page; null at the end.</param>
/// <param name="Total">How many there are in all pages.</param>
public sealed record CustomerListAnswer(IReadOnlyList<CustomerAnswer> Data, string? NextCursor, long Total);
