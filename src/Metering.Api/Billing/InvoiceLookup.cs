using Metering.Api.Access;
using Metering.Api.Problems;
using Metering.Api.Requests;
using Metering.Api.Usage;
using Metering.Core.Ids;
using Metering.Core.Invoicing;
using Metering.Core.Time;
using Metering.Grid;
using Metering.Grid.Billing;
using Metering.Grid.Directory;

namespace Metering.Api.Billing;

/// <summary>An invoice or a draft that a caller may see, or the refusal.</summary>
/// <param name="Project">Its project; null with a refusal.</param>
/// <param name="Invoice">The invoice or the draft; null with a refusal.</param>
/// <param name="Issued">What became of it since it was issued; null for a draft.</param>
/// <param name="Refusal">Why there is none.</param>
internal readonly record struct InvoiceLookup(ProjectEntry? Project, Invoice? Invoice, IssuedInvoice? Issued, Problem? Refusal)
{
    private const int FirstYear = 1900;
    private const int LastYear = 9000;

    /// <summary>
    /// Finds the project that an invoice's id names. For a customer's key an id of somebody else and one of nobody are both
    /// <c>forbidden</c>, as with projects.
    /// </summary>
    public static async ValueTask<(ProjectEntry? Project, InvoiceId Id, Problem? Refusal)> FindProjectAsync(
        Caller caller, IMeteringEngine engine, string id, CancellationToken cancellation)
    {
        if (!InvoiceId.TryCreate(id, out InvoiceId invoice))
            return (null, default, BillingProblems.InvoiceNotFound(id));
        (ProjectEntry? project, Problem? refusal) = await ProjectAccess.FindAsync(caller, engine, invoice.Project.Value, cancellation);
        if (project is not null)
            return (project, invoice, null);
        return (null, invoice, caller.IsOperator ? BillingProblems.InvoiceNotFound(id) : refusal);
    }

    /// <summary>Finds an issued invoice, or makes the draft of a period that has none yet.</summary>
    public static async ValueTask<InvoiceLookup> FindAsync(
        Caller caller, IMeteringEngine engine, string id, CancellationToken cancellation)
    {
        (ProjectEntry? project, InvoiceId invoice, Problem? refusal) = await FindProjectAsync(caller, engine, id, cancellation);
        if (project is null)
            return new InvoiceLookup(null, null, null, refusal);
        IBilling billing = engine.Billing(project.Customer);
        if (await billing.FindAsync(invoice, cancellation) is { } issued)
            return new InvoiceLookup(project, issued.Invoice, issued.Issued, null);

        // The calendar ends: no period can be told of a day at its edge, and none was ever billed.
        if (invoice.FirstDay.Year is < FirstYear or > LastYear)
            return new InvoiceLookup(project, null, null, BillingProblems.InvoiceNotFound(id));
        Period period = await PeriodOfAsync(engine, project, invoice, cancellation);
        InvoiceResult draft = await billing.DraftAsync(project, period, cancellation);
        if (draft.Code == InvoiceCode.NotPossible)
            return new InvoiceLookup(project, null, null, BillingProblems.Of(draft, project.Id));
        return draft.Invoice is { } made && made.Id == invoice
            ? new InvoiceLookup(project, made, draft.Issued, null)
            : new InvoiceLookup(project, null, null, BillingProblems.InvoiceNotFound(id));
    }

    /// <summary>The billing period that the invoice's first day falls into.</summary>
    public static async ValueTask<Period> PeriodOfAsync(
        IMeteringEngine engine, ProjectEntry project, InvoiceId invoice, CancellationToken cancellation)
    {
        UsageSource source = await UsageSource.OpenAsync(engine, project, cancellation);
        return source.BillingPeriodOf(Calendar.StartOf(invoice.FirstDay, source.Zone));
    }
}
