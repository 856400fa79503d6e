using Metering.Core.Invoicing;

namespace Metering.Grid.Billing;

/// <summary>What invoices depend on besides usage and plans. A change holds for invoices that are issued afterwards.</summary>
public sealed record BillingTerms
{
    /// <summary>Who sells, as invoices name it. Default: nothing is known.</summary>
    public BillingProfile Seller { get; init; } = BillingProfile.Empty;

    /// <summary>How long after the end of its period an invoice is due. Default: 30 days.</summary>
    public TimeSpan DueAfter { get; init; } = TimeSpan.FromDays(30);

    /// <summary>
    /// Countries, as ISO 3166-1 codes of two letters, in which tax must be charged: a buyer there gets no invoice as long as no tax rate
    /// applies to it, unless it is exempt or accounts for the tax itself. Default: none.
    /// </summary>
    public IReadOnlyCollection<string> TaxedCountries { get; init; } = [];

    /// <summary>
    /// How long after an invoice could not be issued it is tried again, at first; doubles up to <see cref="RetryMax"/>. Default: 10 s.
    /// </summary>
    public TimeSpan RetryMin { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>The longest wait between two tries. Default: 10 minutes.</summary>
    public TimeSpan RetryMax { get; init; } = TimeSpan.FromMinutes(10);
}
