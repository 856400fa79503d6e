using Metering.Core.Binary;
using Metering.Core.Ids;
using Metering.Core.Invoicing;
using Metering.Core.Money;
using Metering.Core.Time;
using Metering.Core.Wallets;

namespace Metering.Grid.Billing;

/// <summary>A credit note as a partition keeps it at hand; the note itself stands in the journal.</summary>
internal sealed record CreditNoteState(long Number, Amount Total, IdempotencyKey? Idempotency, long Sequence);

/// <summary>An issued invoice as a partition keeps it: its heading, and what became of it since. Changed by its <c>Apply</c> methods
/// alone.</summary>
internal sealed class InvoiceState
{
    private readonly List<CreditNoteState> notes = [];
    private readonly List<PushedLine> pushed = [];

    private InvoiceState(InvoiceId id, ProjectId project, Period period, LegalNumber number, Currency currency, Amount total)
    {
        Id = id;
        Project = project;
        Period = period;
        LegalNumber = number;
        Currency = currency;
        Total = total;
    }

    public InvoiceId Id { get; }

    public ProjectId Project { get; }

    public Period Period { get; }

    public LegalNumber LegalNumber { get; }

    public Currency Currency { get; }

    public Amount Total { get; }

    public required Instant IssuedAt { get; init; }

    public required Instant DueAt { get; init; }

    public required InvoiceDigest Digest { get; init; }

    public required int Lines { get; init; }

    public required long Sequence { get; init; }

    public Amount Credited { get; private set; }

    public InvoiceStatus Status { get; private set; } = InvoiceStatus.Issued;

    public string? ExternalId { get; private set; }

    public IReadOnlyList<PushedLine> Pushed => pushed;

    public IReadOnlyList<CreditNoteState> Notes => notes;

    /// <summary>What of the total no credit note took back.</summary>
    public Amount Left => Total - Credited;

    /// <summary>
    /// When it becomes overdue by itself; <see cref="Instant.MaxValue"/> for never, also where credit notes have left nothing to pay.
    /// </summary>
    public Instant NextDue => Status == InvoiceStatus.Issued && Left.IsPositive ? DueAt : Instant.MaxValue;

    /// <summary>What is kept of an invoice that was issued in a group.</summary>
    public static InvoiceState Of(Invoice invoice, InvoiceDigest digest, long sequence) => new(
        invoice.Id, invoice.Project, invoice.Period, invoice.LegalNumber!.Value, invoice.Currency, invoice.Total)
    {
        IssuedAt = invoice.IssuedAt!.Value,
        DueAt = invoice.DueAt,
        Digest = digest,
        Lines = invoice.Lines.Count,
        Sequence = sequence,
    };

    public PushedLine? FindPushed(int line) => pushed.Find(each => each.Line == line);

    public void ApplyStatus(InvoiceStatus status) => Status = status;

    public void ApplyCredited(CreditNoteState note)
    {
        notes.Add(note);
        Credited += note.Total;
    }

    public void ApplyPushed(string? externalId, IReadOnlyList<PushedLine> lines)
    {
        ExternalId = externalId ?? ExternalId;
        pushed.AddRange(lines);
    }

    public IssuedInvoice ToView() => new(
        Id, Project, Period, LegalNumber, Currency, Total, Credited, Status, IssuedAt, DueAt, Digest, Lines, ExternalId, [.. pushed],
        Sequence);

    public void Write(ByteWriter writer)
    {
        writer.Text(Id.Value);
        writer.Text(Project.Value);
        BillingFormat.Write(writer, Period);
        writer.Unsigned((ulong)LegalNumber.Partition);
        writer.Unsigned(LegalNumber.Sequence);
        writer.Text(Currency.Code);
        writer.Amount(Total);
        writer.Instant(IssuedAt);
        writer.Instant(DueAt);
        writer.Raw(Digest.ToBytes());
        writer.Unsigned((ulong)Lines);
        writer.Unsigned(Sequence);
        writer.Amount(Credited);
        writer.Byte((byte)Status);
        writer.Bool(ExternalId is not null);
        if (ExternalId is not null)
            writer.Text(ExternalId);
        writer.Unsigned((ulong)pushed.Count);
        foreach (PushedLine line in pushed)
        {
            writer.Unsigned((ulong)line.Line);
            writer.Text(line.ExternalId);
        }

        writer.Unsigned((ulong)notes.Count);
        foreach (CreditNoteState note in notes)
            Write(writer, note);
    }

    public static InvoiceState Read(ref ByteReader reader)
    {
        InvoiceId id = IdOf(reader.Text());
        ProjectId project = ProjectId.TryCreate(reader.Text(), out ProjectId read)
            ? read : throw new CorruptDataException("An invoice's project has no id.");
        Period period = BillingFormat.ReadPeriod(ref reader);
        var number = new LegalNumber(reader.Count(), Math.Max(1, reader.Long()));
        Currency currency = Currency.TryFind(reader.Text(), out Currency? found)
            ? found : throw new CorruptDataException("An invoice has a currency that is none.");
        var invoice = new InvoiceState(id, project, period, number, currency, reader.Amount())
        {
            IssuedAt = reader.Instant(),
            DueAt = reader.Instant(),
            Digest = InvoiceDigest.TryCreate(Convert.ToHexStringLower(reader.Raw(32)), out InvoiceDigest digest)
                ? digest : throw new CorruptDataException("An invoice has no digest."),
            Lines = reader.Count(),
            Sequence = reader.Long(),
        };
        invoice.Credited = reader.Amount();
        invoice.Status = (InvoiceStatus)reader.Byte((byte)InvoiceStatus.Issued, (byte)InvoiceStatus.Void);
        invoice.ExternalId = reader.Bool() ? reader.Text() : null;
        for (int count = reader.CountOf(2); count > 0; count--)
            invoice.pushed.Add(new PushedLine(reader.Count(), reader.Text()));
        for (int count = reader.CountOf(4); count > 0; count--)
            invoice.notes.Add(ReadNote(ref reader));
        return invoice;
    }

    private static InvoiceId IdOf(string text) =>
        InvoiceId.TryCreate(text, out InvoiceId id) ? id : throw new CorruptDataException("An invoice has no id.");

    private static void Write(ByteWriter writer, CreditNoteState note)
    {
        writer.Unsigned(note.Number);
        writer.Amount(note.Total);
        writer.Bool(note.Idempotency is not null);
        if (note.Idempotency is { } key)
        {
            writer.Fixed128(key.Key);
            writer.Fixed64(key.BodyDigest);
        }

        writer.Unsigned(note.Sequence);
    }

    private static CreditNoteState ReadNote(ref ByteReader reader) => new(
        reader.Long(), reader.Amount(), reader.Bool() ? new IdempotencyKey(reader.Fixed128(), reader.Fixed64()) : null, reader.Long());
}
