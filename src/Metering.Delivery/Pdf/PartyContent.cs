using System.Globalization;
using Metering.Core.Catalog;
using Metering.Core.Invoicing;
using Metering.Delivery.Pdf.Layout;

namespace Metering.Delivery.Pdf;

/// <summary>A seller or a buyer as an address.</summary>
internal static class PartyContent
{
    // Where the region stands in an address, between place and postal code. Elsewhere it only decides taxes and is not written.
    private static readonly HashSet<string> regionInAddress = ["US", "CA", "AU", "IN", "MX", "BR"];
    private static readonly HashSet<string> codeBelowPlace = ["GB", "IE"];

    /// <param name="heading">What it is to the document.</param>
    /// <param name="profile">What is known of it.</param>
    /// <param name="otherwise">Its name where the profile has none.</param>
    public static PrintedParty Of(string heading, BillingProfile profile, string otherwise = "")
    {
        var lines = new List<string>(profile.AddressLines);
        lines.AddRange(Place(profile));
        lines.Add(CountryName(profile.Country));
        lines.Add(profile.TaxId.Length == 0 ? "" : $"Tax ID: {profile.TaxId}");
        lines.Add(profile.Email);
        return new PrintedParty(
            heading,
            profile.LegalName.Length == 0 ? otherwise : profile.LegalName,
            lines.Where(line => !string.IsNullOrWhiteSpace(line)).ToValueList());
    }

    private static IEnumerable<string> Place(BillingProfile profile)
    {
        if (codeBelowPlace.Contains(profile.Country))
            return [profile.City, profile.PostalCode];
        if (!regionInAddress.Contains(profile.Country))
            return [Joined(" ", profile.PostalCode, profile.City)];
        return [Joined(", ", profile.City, Joined(" ", profile.Region, profile.PostalCode))];
    }

    private static string Joined(string between, params string[] parts) => string.Join(between, parts.Where(part => part.Length > 0));

    private static string CountryName(string code)
    {
        try
        {
            return code.Length == 0 ? "" : new RegionInfo(code).EnglishName;
        }
        catch (ArgumentException)
        {
            // Not in the runtime's list of countries: the code says it, too.
            return code;
        }
    }
}
