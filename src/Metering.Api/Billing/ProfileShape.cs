using Metering.Core.Invoicing;

namespace Metering.Api.Billing;

/// <summary>A seller or a buyer as invoices name them; a text that is not known is empty.</summary>
/// <param name="LegalName">The name.</param>
/// <param name="AddressLines">Street and house.</param>
/// <param name="PostalCode">The postal code.</param>
/// <param name="City">The city.</param>
/// <param name="Region">The second part of an ISO 3166-2 code, such as <c>CA</c>.</param>
/// <param name="Country">ISO 3166-1, two letters.</param>
/// <param name="TaxId">Such as a VAT number.</param>
/// <param name="Email">Where invoices are sent.</param>
/// <param name="TaxTreatment"><c>standard</c>, <c>exempt</c> or <c>reverse_charge</c>.</param>
public sealed record ProfileShape(
    string LegalName, IReadOnlyList<string> AddressLines, string PostalCode, string City, string Region, string Country, string TaxId,
    string Email, string TaxTreatment)
{
    internal static ProfileShape Of(BillingProfile profile) => new(
        profile.LegalName, [.. profile.AddressLines], profile.PostalCode, profile.City, profile.Region, profile.Country, profile.TaxId,
        profile.Email, TreatmentWords.Of(profile.Treatment));
}

/// <summary>The words of <see cref="TaxTreatment"/>.</summary>
internal static class TreatmentWords
{
    public static readonly IReadOnlyList<(string Word, TaxTreatment Value)> All =
        [("standard", TaxTreatment.Standard), ("exempt", TaxTreatment.Exempt), ("reverse_charge", TaxTreatment.ReverseCharge)];

    public static string Of(TaxTreatment treatment) => All.First(pair => pair.Value == treatment).Word;
}
