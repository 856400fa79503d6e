using Metering.Grid.Billing;

namespace Metering.Orleans.Grains;

/// <summary>A customer's invoices, in the silo that owns its partition; the key is the customer's id.</summary>
/// <remarks>Answers and exceptions are those of <see cref="IBilling"/>. Of a <c>ProjectEntry</c> only the ids travel; the silo looks it
/// up in its own directory.</remarks>
[Alias("metering.billing")]
public interface IBillingGrain : IGrainWithStringKey, IBilling;
