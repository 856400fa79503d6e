using Metering.Core.Binary;
using Metering.Core.Catalog;
using Metering.Core.Money;
using Metering.Core.Time;
using Metering.Core.Usage;
using Metering.Core.Wallets;
using Metering.Grid.Directory;
using Metering.Grid.Ingest;
using Metering.Grid.Projects;

namespace Metering.Grid.Journal;

/// <summary>
/// The open group of a partition: what has been decided since the last one was closed, in the format that README.md describes.
/// The buffers are reused.
/// </summary>
public sealed partial class GroupWriter : IWalletJournal
{
    /// <summary>The format that is written.</summary>
    public const byte Version = 1;

    /// <summary>A buffer that grew beyond this in a burst is let go when the next group begins.</summary>
    private const int KeptBytes = 1 << 20;

    private static readonly Amount NoEvent = Amount.FromWhole(-1);

    private readonly ByteWriter body = new(4096);
    private readonly TextTable texts = new();
    private readonly List<EventShape> shapes = [];
    private readonly EventForms forms = new();
    private readonly byte[] uuid = new byte[16];
    private readonly ByteWriter payload = new();
    private byte[] customerUtf8 = new byte[256];
    private int customerLength;
    private int customerAlignment;
    private bool customerIsPending;
    private string? customer;
    private byte[] source = new byte[64];
    private int sourceLength;

    // What the newest event of the customer cost, and how much of it was beyond the wallet; below zero while it has none.
    private Amount lastCredits;
    private Amount lastOverage;
    private Instant at;
    private Instant writtenAt;

    /// <summary>The sequence number this group will have.</summary>
    public long Sequence { get; private set; }

    /// <summary>Whether anything was appended.</summary>
    public bool IsEmpty => Entries == 0;

    /// <summary>Bytes appended so far.</summary>
    public int Bytes => body.Length;

    /// <summary>Events appended so far.</summary>
    public int Events { get; private set; }

    /// <summary>Ledger entries appended so far.</summary>
    public int LedgerEntries { get; private set; }

    /// <summary>Entries appended so far.</summary>
    public int Entries { get; private set; }

    /// <summary>Begins an empty group; the buffer is reused.</summary>
    public void Begin(long sequence)
    {
        Sequence = sequence;
        Events = LedgerEntries = Entries = 0;
        customer = null;
        customerIsPending = false;
        at = writtenAt = Instant.UnixEpoch;
        sourceLength = -1;
        lastCredits = NoEvent;
        shapes.Clear();
        forms.Clear();
        texts.Clear();
        body.Clear(KeptBytes);
        body.Byte(Version);
    }

    /// <summary>Ends the group: checksum. The memory stays valid until the next <see cref="Begin"/>.</summary>
    public ReadOnlyMemory<byte> Close()
    {
        body.Fixed32(Placement.Crc32C(body.Span));
        return body.Memory;
    }

    /// <summary>
    /// What follows is about this customer, at this time. It is written with the first entry that follows, and not at all when it is so
    /// already: what decides to change nothing leaves the group as it is.
    /// </summary>
    public void Customer(string id, ReadOnlySpan<byte> idUtf8, Instant time, int hourAlignment)
    {
        if (ReferenceEquals(id, customer) && time == at)
            return;
        if (customerUtf8.Length < idUtf8.Length)
            customerUtf8 = new byte[idUtf8.Length];
        idUtf8.CopyTo(customerUtf8);
        customerLength = idUtf8.Length;
        customerAlignment = hourAlignment;
        customerIsPending = true;
        customer = id;
        at = time;
    }

    /// <summary>An event was counted.</summary>
    /// <returns>Its place among the events of the group.</returns>
    public int Event(
        EventBatch batch, in ParsedEvent item, ReadOnlySpan<byte> projectId, Instant time, ulong counted, ulong folded, Amount credits,
        Amount overage = default, bool isOverageOwn = false)
    {
        EventShape shape = item.Shape!;
        int shapeNumber = ShapeNumber(shape);
        Begin(EntryKind.Event);
        ReadOnlySpan<byte> id = batch.Slice(item.Id);
        ReadOnlySpan<byte> from = batch.Slice(item.Source);
        bool isUuid = UuidText.TryPack(id, uuid);
        bool isDefault = projectId.SequenceEqual(customerUtf8.AsSpan(0, customerLength));
        bool sameSource = sourceLength == from.Length && from.SequenceEqual(source.AsSpan(0, sourceLength));
        bool countsAll = counted == EventFlags.AllOf(shape.Meters.Length);
        int flags = (time != at ? EventFlags.HasTime : 0) | (isUuid ? EventFlags.UuidId : 0)
            | (credits.IsZero ? 0 : EventFlags.HasCredits) | (isDefault ? EventFlags.DefaultProject : 0)
            | (sameSource ? EventFlags.SameSource : 0) | (countsAll ? EventFlags.CountsAll : 0)
            | (overage.IsZero ? 0 : EventFlags.HasOverage) | (folded != 0 ? EventFlags.Folded : 0)
            | (isOverageOwn ? EventFlags.OwnOverage : 0);
        body.Unsigned((ulong)flags);
        if (!isDefault)
            texts.Write(body, projectId);
        if (!sameSource)
            Source(from);
        if (isUuid)
            body.Raw(uuid);
        else
            body.Bytes(id);
        if (time != at)
            body.Signed(time.UnixMicroseconds - at.UnixMicroseconds);
        body.Fixed64(item.Digest);
        ReadOnlySpan<PropertyValue> values = batch.Values(item);
        forms.Write(body, shape, shapeNumber, values);
        if (!countsAll)
            body.Unsigned(counted);
        if (folded != 0)
            body.Unsigned(folded);
        for (int i = 0; i < values.Length; i++)
            Value(batch, values[i], shape.Properties[i].IsValue);
        if (!credits.IsZero)
            body.Amount(credits);
        if (!overage.IsZero)
            body.Amount(overage);
        (lastCredits, lastOverage) = (credits, overage);
        return Events++;
    }

    /// <inheritdoc />
    public void Append(WalletEvent change, LedgerStamp stamp)
    {
        Begin(EntryKind.Wallet);
        WalletEventFormat.Write(body, change);
        Stamp(stamp);
    }

    /// <summary>Credits were burned: the hot form of appending <see cref="CreditsBurned"/>.</summary>
    public void Burned(Amount total, Amount overage, IReadOnlyList<GrantDraw> draws, int events, LedgerStamp stamp)
    {
        if (events == 1 && draws.Count == 1 && !customerIsPending && total == lastCredits && overage == lastOverage && stamp.Number > 0)
        {
            // The usual case where a request spreads over many customers: the event before it says all but this.
            Begin(EntryKind.EventBurn);
            body.Unsigned(draws[0].Grant);
            Stamp(stamp);
            return;
        }

        Begin(EntryKind.Wallet);
        WalletEventFormat.WriteBurn(body, total, overage, draws, events);
        Stamp(stamp);
    }

    /// <summary>The customer was opened.</summary>
    public void CustomerOpened(CustomerStatus status, string timeZone)
    {
        Begin(EntryKind.CustomerOpened);
        body.Byte((byte)status);
        Text(timeZone);
    }

    /// <summary>The customer that was just opened has a billing anchor day, 2 to 31.</summary>
    public void CustomerAnchored(int day)
    {
        Begin(EntryKind.CustomerAnchored);
        body.Byte((byte)day);
    }

    /// <summary>A project was opened.</summary>
    public void ProjectOpened(string project, string plan, int planVersion)
    {
        Begin(EntryKind.ProjectOpened);
        Text(project);
        Text(plan);
        body.Unsigned((ulong)planVersion);
    }

    /// <summary>A billing period began; its first segment begins later than the period where the project was opened in it.</summary>
    public void PeriodOpened(string project, Period period, Instant segmentStart)
    {
        Begin(EntryKind.PeriodOpened);
        Text(project);
        Write(period);
        body.Instant(segmentStart);
    }

    /// <summary>A billing period was closed.</summary>
    public void PeriodClosed(string project, Instant start)
    {
        Begin(EntryKind.PeriodClosed);
        Text(project);
        body.Instant(start);
    }

    /// <summary>The period of a limit began.</summary>
    public void LimitOpened(string project, string meter, Aggregation aggregation, PeriodKind kind, Period period)
    {
        Begin(EntryKind.LimitOpened);
        Text(project);
        Text(meter);
        body.Byte((byte)aggregation);
        body.Byte((byte)kind);
        Write(period);
    }

    /// <summary>An alert was raised.</summary>
    public void AlertRaised(string project, string meter, PeriodKind kind, Instant periodStart, int threshold, Amount used, Amount max)
    {
        Begin(EntryKind.AlertRaised);
        Text(project);
        Text(meter);
        body.Byte((byte)kind);
        body.Instant(periodStart);
        body.Unsigned((ulong)threshold);
        body.Amount(used);
        body.Amount(max);
    }

    /// <summary>The customer's status changed.</summary>
    public void StatusChanged(CustomerStatus status)
    {
        Begin(EntryKind.StatusChanged);
        body.Byte((byte)status);
    }

    /// <summary>A project's plan changed.</summary>
    public void PlanChanged(string project, string plan, int planVersion, PlanChangeTime when)
    {
        Begin(EntryKind.PlanChanged);
        Text(project);
        Text(plan);
        body.Unsigned((ulong)planVersion);
        body.Byte((byte)when);
    }

    private void Begin(EntryKind kind)
    {
        if (customerIsPending)
            WriteCustomer();
        Entries++;
        body.Byte((byte)kind);
    }

    private void WriteCustomer()
    {
        customerIsPending = false;
        Begin(EntryKind.Customer);
        texts.Write(body, customerUtf8.AsSpan(0, customerLength));
        long later = at.UnixMicroseconds - writtenAt.UnixMicroseconds;
        body.Unsigned(((ulong)((later << 1) ^ (later >> 63)) << 1) | (customerAlignment == 0 ? 0UL : 1));
        if (customerAlignment != 0)
            body.Byte((byte)customerAlignment);
        writtenAt = at;
        lastCredits = NoEvent;
    }

    private void Stamp(LedgerStamp stamp)
    {
        body.Unsigned(stamp.Number);
        if (stamp.Number == 0)
            return;
        body.Amount(stamp.Before);
        LedgerEntries++;
    }

    private void Write(Period period)
    {
        body.Instant(period.Start);
        body.Instant(period.End);
    }

    private void Source(ReadOnlySpan<byte> from)
    {
        texts.Write(body, from);
        if (source.Length < from.Length)
            source = new byte[from.Length];
        from.CopyTo(source);
        sourceLength = from.Length;
    }

    private void Value(EventBatch batch, in PropertyValue value, bool isValue)
    {
        if (value.Kind == PropertyKind.Text)
            texts.Write(body, batch.Slice(value.Text));
        // Also of a string where a meter reads a number: a replay must not need to parse it again.
        if (value.Kind == PropertyKind.Number || (value.Kind == PropertyKind.Text && isValue))
            body.Amount(value.Number);
    }

    private void Text(string text)
    {
        Span<byte> utf8 = stackalloc byte[text.Length * 3 <= 1024 ? text.Length * 3 : 0];
        if (utf8.Length > 0)
            texts.Write(body, utf8[..System.Text.Encoding.UTF8.GetBytes(text, utf8)]);
        else
            texts.Write(body, System.Text.Encoding.UTF8.GetBytes(text));
    }

    private int ShapeNumber(EventShape shape)
    {
        for (int i = 0; i < shapes.Count; i++)
        {
            if (ReferenceEquals(shapes[i], shape))
                return i;
        }

        shapes.Add(shape);
        Begin(EntryKind.Shape);
        texts.Write(body, shape.TypeUtf8);
        body.Unsigned((ulong)shape.Properties.Length);
        foreach (ShapeProperty property in shape.Properties)
            texts.Write(body, property.Utf8);
        body.Unsigned((ulong)shape.Meters.Length);
        foreach (ShapeMeter meter in shape.Meters)
            Meter(meter.Counting);
        return shapes.Count - 1;
    }

    private void Meter(CountingMeter meter)
    {
        Text(meter.Meter);
        body.Byte((byte)meter.Aggregation);
        body.Unsigned((ulong)(meter.ValueIndex + 1));
        body.Unsigned((ulong)meter.DimensionIndexes.Length);
        foreach (int index in meter.DimensionIndexes)
            body.Unsigned((ulong)index);
    }
}

/// <summary>Which members of an event entry are there. The rare ones come last: the others fit one byte.</summary>
internal static class EventFlags
{
    public const int All = 511;
    public const int HasTime = 1;
    public const int UuidId = 2;
    public const int HasCredits = 4;
    public const int DefaultProject = 8;
    public const int SameSource = 16;
    public const int CountsAll = 32;
    public const int HasOverage = 64;
    public const int Folded = 128;
    public const int OwnOverage = 256;

    /// <summary>The bits of so many meters.</summary>
    public static ulong AllOf(int meters) => meters == 64 ? ulong.MaxValue : (1UL << meters) - 1;
}
