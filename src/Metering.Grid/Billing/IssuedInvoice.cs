using Metering.Core.Ids;
using Metering.Core.Invoicing;
using Metering.Core.Money;
using Metering.Core.Time;

namespace Metering.Grid.Billing;

/// <summary>What a partition keeps at hand of an issued invoice: its heading and what became of it since. The invoice itself stands in
/// the journal.</summary>
/// <param name="Id">The invoice.</param>
/// <param name="Project">Its project.</param>
/// <param name="Period">Its billing period.</param>
/// <param name="LegalNumber">Its number in the partition's series.</param>
/// <param name="Currency">Of the amounts.</param>
/// <param name="Total">What is to be paid, tax included.</param>
/// <param name="Credited">What credit notes took back of it.</param>
/// <param name="Status">Its status now.</param>
/// <param name="IssuedAt">When it was issued.</param>
/// <param name="DueAt">When it is due.</param>
/// <param name="Digest">SHA-256 of its bytes.</param>
/// <param name="Lines">How many lines it has.</param>
/// <param name="ExternalId">What a payment gateway calls it, or null.</param>
/// <param name="Pushed">Lines that a payment gateway has, by their place.</param>
/// <param name="Sequence">The group of the journal that issued it.</param>
public sealed record IssuedInvoice(
    InvoiceId Id, ProjectId Project, Period Period, LegalNumber LegalNumber, Currency Currency, Amount Total, Amount Credited,
    InvoiceStatus Status, Instant IssuedAt, Instant DueAt, InvoiceDigest Digest, int Lines, string? ExternalId,
    IReadOnlyList<PushedLine> Pushed, long Sequence)
{
    /// <summary>The number that stands on drafts too.</summary>
    public InvoiceNumber Number => InvoiceNumber.Of(Project, Id.FirstDay);
}
