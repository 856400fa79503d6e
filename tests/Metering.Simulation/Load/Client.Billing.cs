using Metering.Core.Ids;
using Metering.Core.Time;
using Metering.Grid.Billing;
using Metering.Grid.Directory;

namespace Metering.Simulation.Load;

// Asks for invoices, besides those that are issued by themselves.
internal sealed partial class Client
{
    private async Task BillAsync()
    {
        ProjectEntry project = dice.Pick([.. cluster.Directory.Projects.Values]);
        if (dice.PerMille(300))
        {
            await Task.WhenAll(IssueAsync(project), IssueAsync(project));
            return;
        }

        await IssueAsync(project);
    }

    private Task<Attempt> IssueAsync(ProjectEntry project) => SettleAsync(
        (number, route, step) => new Attempt
        {
            Number = number, Route = $"{route} issues", Invoked = step, Customer = project.Customer.Id, Project = project.Id,
        },
        async (engine, _) => await engine.Billing(project.Customer).IssueAsync(project, JanuaryOf(project), CancellationToken.None),
        mayRepeat: true);

    private Task<Attempt> VerifyAsync(ProjectEntry project, InvoiceId invoice) => SettleAsync(
        (number, route, step) => new Attempt
        {
            Number = number, Route = $"{route} verifies", Invoked = step, Customer = project.Customer.Id, Project = project.Id,
        },
        async (engine, _) => (object?)await engine.Billing(project.Customer).VerifyAsync(invoice, CancellationToken.None)
            ?? new InvalidOperationException("There is no such invoice."),
        mayRepeat: true);

    private async Task AuditInvoiceAsync(ProjectEntry project)
    {
        Attempt attempt = await IssueAsync(project);
        if (attempt.Answer is InvoiceResult { Issued: { } issued })
            await VerifyAsync(project, issued.Id);
    }

    private static Period JanuaryOf(ProjectEntry project)
    {
        TimeZones.TryFind(project.Customer.Record.TimeZone, out TimeZoneInfo? zone);
        return Calendar.BillingPeriodOf(Instant.FromDateTimeOffset(new DateTimeOffset(2025, 1, 15, 0, 0, 0, TimeSpan.Zero)), zone!, 1);
    }
}
