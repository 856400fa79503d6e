using Metering.Core.Catalog;
using Metering.Core.Ids;
using Metering.Core.Invoicing;
using Metering.Core.Money;
using Metering.Core.Time;
using Metering.Grid.Billing;
using Metering.Grid.Directory;
using Metering.Grid.Payments;

namespace Metering.Delivery.Tests.Payments;

/// <summary>A customer's invoices in memory, moved by the same rules as a partition's. Each change is a moment to die, before and
/// after.</summary>
internal sealed class FakeBilling(string customer, CrashPoints points) : IBilling
{
    private readonly Dictionary<InvoiceId, (Invoice Invoice, IssuedInvoice Issued)> invoices = [];
    private readonly Dictionary<InvoiceId, List<CreditNote>> notes = [];

    // A partition decides one thing at a time.
    private readonly Lock gate = new();

    /// <summary>How often a status really changed, by invoice and status.</summary>
    public List<(string Invoice, InvoiceStatus Status)> Moves { get; } = [];

    public IReadOnlyList<IssuedInvoice> All
    {
        get
        {
            lock (gate)
                return [.. invoices.Values.Select(entry => entry.Issued)];
        }
    }

    public IssuedInvoice Only => Assert.Single(All);

    /// <summary>Issues an invoice of these lines; a line that begins with a plus is overage of a meter that the base fee covers a part
    /// of.</summary>
    public InvoiceId Issue(DateOnly firstDay, Instant dueAt, params string[] amounts)
    {
        InvoiceId id = InvoiceId.Of(ProjectId.Parse(customer), firstDay);
        Currency currency = Currency.Parse("USD");
        var period = new Period(dueAt - TimeSpan.FromDays(60), dueAt - TimeSpan.FromDays(30));
        MeterId meter = MeterId.Parse("calls");
        List<InvoiceLine> lines = [.. amounts.Select((amount, index) => Line(
            amount.StartsWith('+') ? LineKind.Usage : LineKind.BaseFee, $"Line {index}", Amount.Parse(amount.TrimStart('+')), period,
            meter))];
        if (amounts.Any(amount => amount.StartsWith('+')))
            lines.Add(Line(LineKind.Included, "Included", Amount.Zero, period, meter));
        Amount total = lines.Aggregate(Amount.Zero, (sum, line) => sum + line.Amount);
        var invoice = new Invoice
        {
            Id = id,
            Number = InvoiceNumber.Of(ProjectId.Parse(customer), firstDay),
            LegalNumber = new LegalNumber(1, invoices.Count + 1),
            Project = ProjectId.Parse(customer),
            Customer = CustomerId.Parse(customer),
            Period = period,
            TimeZone = "UTC",
            FirstDay = firstDay,
            Currency = currency,
            Segments = [],
            Lines = [.. lines],
            Subtotal = total,
            Taxes = [],
            Tax = Amount.Zero,
            Total = total,
            IssuedAt = dueAt - TimeSpan.FromDays(29),
            DueAt = dueAt,
            Positions = new JournalRange(1, 1),
            Recorded = new InvoiceRecord { Seller = BillingProfile.Empty, Buyer = BillingProfile.Empty, TaxDate = firstDay },
        };
        invoices.Add(id, (invoice, new IssuedInvoice(
            id, invoice.Project, period, invoice.LegalNumber.Value, currency, total, Amount.Zero, InvoiceStatus.Issued,
            invoice.IssuedAt.Value, dueAt, default, lines.Count, null, [], 1)));
        return id;
    }

    /// <summary>Credits a part of an invoice.</summary>
    public void Credit(InvoiceId id, string amount)
    {
        (Invoice invoice, IssuedInvoice issued) = invoices[id];
        List<CreditNote> list = notes.TryGetValue(id, out List<CreditNote>? existing) ? existing : notes[id] = [];
        Amount total = Amount.Parse(amount);
        list.Add(new CreditNote
        {
            Number = new CreditNoteNumber(1, list.Count + 1),
            Invoice = id,
            InvoiceLegalNumber = issued.LegalNumber,
            Project = invoice.Project,
            Customer = invoice.Customer,
            Currency = invoice.Currency,
            Reason = "Too much",
            IssuedAt = issued.DueAt,
            Net = total,
            Taxes = [],
            Tax = Amount.Zero,
            Total = total,
            CreditedBefore = issued.Credited,
            Seller = BillingProfile.Empty,
            Buyer = BillingProfile.Empty,
        });
        invoices[id] = (invoice, issued with { Credited = issued.Credited + total });
    }

    public ValueTask<InvoiceView?> FindAsync(InvoiceId invoice, CancellationToken cancellation)
    {
        lock (gate)
            return new(invoices.TryGetValue(invoice, out var found) ? new InvoiceView(found.Invoice, found.Issued) : null);
    }

    public ValueTask<IReadOnlyList<IssuedInvoice>> ListAsync(ProjectId? project, CancellationToken cancellation) => new(All);

    public ValueTask<StatusResult> SetStatusAsync(InvoiceId invoice, InvoiceStatus status, CancellationToken cancellation)
    {
        using Lock.Scope held = gate.EnterScope();
        if (!invoices.TryGetValue(invoice, out var found))
            return new(new StatusResult(StatusCode.InvoiceNotFound, null));
        if (found.Issued.Status == status)
            return new(new StatusResult(StatusCode.Done, found.Issued));
        if (!found.Issued.Status.CanMoveTo(status))
            return new(new StatusResult(StatusCode.IllegalMove, found.Issued));
        points.Pass();
        IssuedInvoice moved = found.Issued with { Status = status };
        invoices[invoice] = (found.Invoice, moved);
        Moves.Add((invoice.Value, status));
        points.Pass();
        return new(new StatusResult(StatusCode.Done, moved));
    }

    public ValueTask<IReadOnlyList<CreditNote>> ListCreditNotesAsync(InvoiceId invoice, CancellationToken cancellation) =>
        new(notes.TryGetValue(invoice, out List<CreditNote>? list) ? [.. list] : []);

    public ValueTask<RecordCode> RecordExternalIdAsync(InvoiceId invoice, string externalId, CancellationToken cancellation)
    {
        using Lock.Scope held = gate.EnterScope();
        points.Pass();
        (Invoice whole, IssuedInvoice issued) = invoices[invoice];
        Assert.True(issued.ExternalId is null || issued.ExternalId == externalId);
        invoices[invoice] = (whole, issued with { ExternalId = externalId });
        points.Pass();
        return new(RecordCode.Done);
    }

    public ValueTask<RecordCode> RecordPushedLinesAsync(
        InvoiceId invoice, IReadOnlyList<PushedLine> lines, CancellationToken cancellation)
    {
        using Lock.Scope held = gate.EnterScope();
        points.Pass();
        (Invoice whole, IssuedInvoice issued) = invoices[invoice];
        foreach (PushedLine line in lines)
        {
            Assert.InRange(line.Line, 0, whole.Lines.Count - 1);
            PushedLine? known = issued.Pushed.FirstOrDefault(each => each.Line == line.Line);
            Assert.True(known is null || known == line, "One line has two names at the gateway.");
            if (known is null)
                issued = issued with { Pushed = [.. issued.Pushed, line] };
        }

        invoices[invoice] = (whole, issued);
        points.Pass();
        return new(RecordCode.Done);
    }

    public ValueTask<InvoiceResult> DraftAsync(ProjectEntry project, Period? period, CancellationToken cancellation) =>
        throw new NotSupportedException();

    public ValueTask<InvoiceResult> ForecastAsync(ProjectEntry project, CancellationToken cancellation) =>
        throw new NotSupportedException();

    public ValueTask<InvoiceResult> IssueAsync(ProjectEntry project, Period period, CancellationToken cancellation) =>
        throw new NotSupportedException();

    public ValueTask<CreditNoteResult> CreditAsync(CreditNoteOrder order, CancellationToken cancellation) =>
        throw new NotSupportedException();

    public ValueTask<CouponCode> ApplyCouponAsync(CouponId coupon, CancellationToken cancellation) => throw new NotSupportedException();

    public ValueTask<CouponCode> RemoveCouponAsync(CouponId coupon, CancellationToken cancellation) => throw new NotSupportedException();

    public ValueTask<IReadOnlyList<AppliedCoupon>> ListCouponsAsync(CancellationToken cancellation) => throw new NotSupportedException();

    public ValueTask<InvoiceVerification?> VerifyAsync(InvoiceId invoice, CancellationToken cancellation) =>
        throw new NotSupportedException();

    private static InvoiceLine Line(LineKind kind, string description, Amount amount, Period period, MeterId meter) => new()
    {
        Kind = kind,
        Description = description,
        Quantity = Amount.One,
        Unit = "",
        UnitPrice = amount,
        Amount = amount,
        Period = period,
        Meter = kind == LineKind.BaseFee ? null : meter,
    };
}
