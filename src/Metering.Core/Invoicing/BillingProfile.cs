using Metering.Core.Catalog;

namespace Metering.Core.Invoicing;

/// <summary>A seller or a buyer as invoices name them. A text that is not known is empty.</summary>
public sealed record BillingProfile
{
    /// <summary>Nothing is known: no tax.</summary>
    public static readonly BillingProfile Empty = new();

    public string LegalName { get; init; } = "";

    /// <summary>Street and house, as they are to be written.</summary>
    public ValueList<string> AddressLines { get; init; } = [];

    public string PostalCode { get; init; } = "";

    public string City { get; init; } = "";

    /// <summary>The second part of an ISO 3166-2 code, such as <c>CA</c> of US-CA; decides taxes of a region.</summary>
    public string Region { get; init; } = "";

    /// <summary>An ISO 3166-1 code of two letters, upper case; decides taxes.</summary>
    public string Country { get; init; } = "";

    /// <summary>Such as a VAT number, as it is to be written.</summary>
    public string TaxId { get; init; } = "";

    /// <summary>Where invoices are sent.</summary>
    public string Email { get; init; } = "";

    /// <summary>Of a buyer; a seller's is not looked at.</summary>
    public TaxTreatment Treatment { get; init; } = TaxTreatment.Standard;
}

/// <summary>Whether tax is charged. The numbers stand in the journal: never reuse one.</summary>
public enum TaxTreatment
{
    /// <summary>By the rates of the buyer's country and region.</summary>
    Standard = 1,

    /// <summary>No tax; the invoice says that the buyer is exempt.</summary>
    Exempt = 2,

    /// <summary>No tax, the buyer accounts for it; the invoice carries the note.</summary>
    ReverseCharge = 3,
}
