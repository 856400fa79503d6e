using System.Diagnostics.CodeAnalysis;
using System.Text;
using Metering.Core.Binary;
using Metering.Core.Catalog;
using Metering.Core.Money;
using Metering.Core.Time;
using Metering.Core.Wallets;
using Metering.Grid.Directory;
using Metering.Grid.Ingest;
using Metering.Grid.Projects;

namespace Metering.Grid.Journal;

/// <summary>How the events of a type are to be read, as the group says.</summary>
/// <param name="Type">The event type.</param>
/// <param name="Properties">The properties whose values events carry, in order.</param>
/// <param name="Meters">The meters, in the order of the bits that say which counted an event.</param>
public sealed record JournalShape(string Type, string[] Properties, CountingMeter[] Meters);

/// <summary>
/// Reads a group entry by entry; one object serves many groups. Members that an entry kind does not have keep what an earlier entry left in
/// them. Throws <see cref="CorruptDataException"/> on anything that was not written by <see cref="GroupWriter"/>.
/// </summary>
public sealed partial class GroupReader
{
    private readonly List<(int Start, int Length, string? Text)> texts = [];
    private readonly List<JournalShape> shapes = [];
    private readonly byte[] idText = new byte[UuidText.TextLength];
    private byte[] body = [];
    private PropertyValue[] values = new PropertyValue[16];
    private int valueCount;
    private int position;
    private int end;
    private int customerText;
    private int projectText;
    private int sourceText;
    private (int Start, int Length) id;
    private bool idIsUuid;

    /// <summary>The group's sequence number.</summary>
    public long Sequence { get; private set; }

    /// <summary>What the entry says.</summary>
    public EntryKind Kind { get; private set; }

    /// <summary>The customer that this entry and those that follow are about.</summary>
    public string CustomerId => Text(customerText);

    /// <summary>The customer's id in UTF-8.</summary>
    public ReadOnlySpan<byte> CustomerIdUtf8 => Utf8(customerText);

    /// <summary>The project's id in UTF-8.</summary>
    public ReadOnlySpan<byte> ProjectIdUtf8 => Utf8(projectText);

    /// <summary>When it was decided: for an event, when it was taken.</summary>
    public Instant At { get; private set; }

    /// <summary>Minutes by which the customer's hours begin later than those of UTC, 0 to 59.</summary>
    public int HourAlignment { get; private set; }

    /// <summary>The project, for entries about one.</summary>
    public string ProjectId => Text(projectText);

    /// <summary>Event: its place among the events of the group.</summary>
    public int Ordinal { get; private set; }

    /// <summary>Event: its type's properties and meters.</summary>
    [AllowNull]
    public JournalShape Shape { get; private set; }

    /// <summary>Event: its source.</summary>
    public ReadOnlySpan<byte> Source => Utf8(sourceText);

    /// <summary>Event: its source.</summary>
    public string SourceText => Text(sourceText);

    /// <summary>Event: its id.</summary>
    public ReadOnlySpan<byte> Id => idIsUuid ? idText : body.AsSpan(id.Start, id.Length);

    /// <summary>Event: its time.</summary>
    public Instant Time { get; private set; }

    /// <summary>Event: digest of the whole.</summary>
    public ulong Digest { get; private set; }

    /// <summary>Event: one bit a meter of the shape that counted it.</summary>
    public ulong Counted { get; private set; }

    /// <summary>Event: one bit a meter of the shape for which its combination of dimensions is folded into <c>(other)</c>.</summary>
    public ulong Folded { get; private set; }

    /// <summary>Event: what it burned.</summary>
    public Amount Credits { get; private set; }

    /// <summary>Event: the part of <see cref="Credits"/> that the wallet did not pay.</summary>
    public Amount Overage { get; private set; }

    /// <summary>Event: whether the overage is for the invoice of the event's own project, not of the customer's default one.</summary>
    public bool IsOverageOwn { get; private set; }

    /// <summary>Event: the values of the shape's properties; their slices point into <see cref="Body"/>.</summary>
    public ReadOnlySpan<PropertyValue> Values => values.AsSpan(0, valueCount);

    /// <summary>The bytes that the group lies in: what the slices of values point into.</summary>
    public ReadOnlySpan<byte> Body => body;

    /// <summary>Wallet: what happened.</summary>
    /// <remarks>Null for a burn where burns are read as figures.</remarks>
    [AllowNull]
    public WalletEvent Wallet { get; private set; }

    /// <summary>Wallet, where burns are read as figures and this is one: what was burned.</summary>
    public BurnFigures Burn { get; private set; }

    /// <summary>Whether burns are read as <see cref="Burn"/>, which makes no object, and not as <see cref="Wallet"/>.</summary>
    public bool ReadsBurnsAsFigures { get; init; }

    /// <summary>Wallet: the ledger entry's place; number 0 for none.</summary>
    public LedgerStamp Stamp { get; private set; }

    /// <summary>CustomerOpened, StatusChanged: the status.</summary>
    public CustomerStatus Status { get; private set; }

    /// <summary>CustomerOpened: the time zone.</summary>
    public string TimeZone { get; private set; } = "";

    /// <summary>CustomerAnchored: the billing anchor day.</summary>
    public int AnchorDay { get; private set; }

    /// <summary>ProjectOpened, PlanChanged: the plan.</summary>
    public string Plan { get; private set; } = "";

    /// <summary>ProjectOpened, PlanChanged: its version.</summary>
    public int PlanVersion { get; private set; }

    /// <summary>PlanChanged: when it takes effect.</summary>
    public PlanChangeTime When { get; private set; }

    /// <summary>PeriodOpened, LimitOpened: the period. PeriodClosed, AlertRaised: its start.</summary>
    public Period Period { get; private set; }

    /// <summary>PeriodOpened: when the first segment begins.</summary>
    public Instant SegmentStart { get; private set; }

    /// <summary>LimitOpened, AlertRaised: the meter.</summary>
    public string Meter { get; private set; } = "";

    /// <summary>LimitOpened: the meter's aggregation.</summary>
    public Aggregation Aggregation { get; private set; }

    /// <summary>LimitOpened, AlertRaised: the kind of period.</summary>
    public PeriodKind PeriodKind { get; private set; }

    /// <summary>AlertRaised: the threshold in percent.</summary>
    public int Threshold { get; private set; }

    /// <summary>AlertRaised: what was used.</summary>
    public Amount Used { get; private set; }

    /// <summary>AlertRaised: the limit.</summary>
    public Amount Max { get; private set; }

    /// <summary>Begins a group: checks its version and checksum. The body must not change until the next call.</summary>
    public void Open(long sequence, byte[] group) => Open(sequence, group, 0, group.Length);

    /// <summary>Begins a group that is a part of an array, which must not change until the next call.</summary>
    public void Open(long sequence, byte[] buffer, int start, int length)
    {
        ReadOnlySpan<byte> group = buffer.AsSpan(start, length);
        if (length < 5)
            throw new CorruptDataException($"Group {sequence} is too short.");
        if (group[0] != GroupWriter.Version)
            throw new CorruptDataException($"Group {sequence} is of version {group[0]}, which this program does not know.");
        uint checksum = System.Buffers.Binary.BinaryPrimitives.ReadUInt32LittleEndian(group[^4..]);
        if (checksum != Placement.Crc32C(group[..^4]))
            throw new CorruptDataException($"Group {sequence} does not have the checksum it was written with.");
        Sequence = sequence;
        body = buffer;
        position = start + 1;
        end = start + length - 4;
        texts.Clear();
        shapes.Clear();
        forms.Clear();
        hasEvent = false;
        sourceText = -1;
        Ordinal = -1;
        At = Instant.UnixEpoch;
        customerText = -1;
    }

    /// <summary>Reads the next entry that is not about the format itself; false at the end.</summary>
    public bool Read()
    {
        while (position < end)
        {
            var reader = new ByteReader(body.AsSpan(position, end - position));
            int start = position;
            Kind = (EntryKind)reader.Byte();
            if (customerText < 0 && Kind != EntryKind.Customer)
                throw new CorruptDataException($"Group {Sequence} does not begin with a customer.");
            ReadEntry(ref reader, start);
            position = start + reader.Position;
            if (Kind is not (EntryKind.Customer or EntryKind.Shape))
                return true;
        }

        return false;
    }

    private void ReadEntry(ref ByteReader reader, int start)
    {
        switch (Kind)
        {
            case EntryKind.Customer:
                customerText = ReadText(ref reader, start);
                ReadTime(ref reader);
                hasEvent = false;
                break;
            case EntryKind.Shape:
                ReadShape(ref reader, start);
                break;
            case EntryKind.Event:
                ReadEvent(ref reader, start);
                break;
            case EntryKind.Wallet:
                ReadWallet(ref reader);
                break;
            case EntryKind.EventBurn:
                ReadEventBurn(ref reader);
                break;
            case EntryKind.CustomerOpened:
                Status = (CustomerStatus)reader.Byte(0, 2);
                TimeZone = Text(ReadText(ref reader, start));
                break;
            case EntryKind.CustomerAnchored:
                AnchorDay = reader.Byte(2, 31);
                break;
            case EntryKind.StatusChanged:
                Status = (CustomerStatus)reader.Byte(0, 2);
                break;
            case EntryKind.ProjectOpened or EntryKind.PlanChanged:
                projectText = ReadText(ref reader, start);
                Plan = Text(ReadText(ref reader, start));
                PlanVersion = reader.Count();
                When = Kind == EntryKind.PlanChanged ? (PlanChangeTime)reader.Byte(0, 1) : PlanChangeTime.Now;
                break;
            case EntryKind.PeriodOpened:
                projectText = ReadText(ref reader, start);
                Period = new Period(reader.Instant(), reader.Instant());
                SegmentStart = reader.Instant();
                break;
            case EntryKind.PeriodClosed:
                projectText = ReadText(ref reader, start);
                Period = new Period(reader.Instant(), default);
                break;
            case EntryKind.LimitOpened:
                projectText = ReadText(ref reader, start);
                Meter = Text(ReadText(ref reader, start));
                Aggregation = (Aggregation)reader.Byte(1, 6);
                PeriodKind = (PeriodKind)reader.Byte(1, 4);
                Period = new Period(reader.Instant(), reader.Instant());
                break;
            case EntryKind.AlertRaised:
                projectText = ReadText(ref reader, start);
                Meter = Text(ReadText(ref reader, start));
                PeriodKind = (PeriodKind)reader.Byte(1, 4);
                Period = new Period(reader.Instant(), default);
                Threshold = reader.Count();
                Used = reader.Amount();
                Max = reader.Amount();
                break;
            case >= EntryKind.InvoiceIssued and <= EntryKind.InvoicePushed:
                ReadBilling(ref reader, start);
                break;
            default:
                throw new CorruptDataException($"There is no journal entry {(byte)Kind}.");
        }
    }

    private static LedgerStamp ReadStamp(ref ByteReader reader, Amount balanceChange)
    {
        long number = reader.Long();
        if (number == 0)
            return default;
        Amount before = reader.Amount();
        return before.TryAdd(balanceChange, out Amount after)
            ? new LedgerStamp(number, before, after)
            : throw new CorruptDataException("A balance is out of range.");
    }

    private int ReadText(ref ByteReader reader, int start)
    {
        int coded = reader.Count();
        if ((coded & 1) == 0)
            return coded >> 1 < texts.Count ? coded >> 1 : throw new CorruptDataException($"The group has no text {coded >> 1}.");
        int length = reader.Raw(coded >> 1).Length;
        texts.Add((start + reader.Position - length, length, null));
        return texts.Count - 1;
    }

    private ReadOnlySpan<byte> Utf8(int text)
    {
        (int start, int length, _) = texts[text];
        return body.AsSpan(start, length);
    }

    private string Text(int number)
    {
        (int start, int length, string? text) = texts[number];
        if (text is not null)
            return text;
        text = Encoding.UTF8.GetString(body, start, length);
        texts[number] = (start, length, text);
        return text;
    }

    private static Instant Shift(Instant from, long microseconds) =>
        microseconds is >= long.MinValue / 2 and <= long.MaxValue / 2
        && Instant.TryFromUnixMicroseconds(from.UnixMicroseconds + microseconds, out Instant shifted)
            ? shifted
            : throw new CorruptDataException("A time is out of range.");
}
