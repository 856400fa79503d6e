using Metering.Core.Binary;
using Metering.Core.Money;
using Metering.Core.Wallets;
using Metering.Grid.Ingest;

namespace Metering.Grid.Journal;

/// <content>Events, their shapes and forms, and the burns that belong to them.</content>
public sealed partial class GroupReader
{
    private readonly List<EventForm> forms = [];
    private bool hasEvent;

    private void ReadEvent(ref ByteReader reader, int start)
    {
        int flags = reader.Count(EventFlags.All);
        Ordinal++;
        hasEvent = true;
        projectText = (flags & EventFlags.DefaultProject) != 0 ? customerText : ReadText(ref reader, start);
        if ((flags & EventFlags.SameSource) == 0)
            sourceText = ReadText(ref reader, start);
        else if (sourceText < 0)
            throw new CorruptDataException("No event before has a source.");
        idIsUuid = (flags & EventFlags.UuidId) != 0;
        if (idIsUuid)
        {
            UuidText.Unpack(reader.Raw(16), idText);
        }
        else
        {
            int length = reader.Bytes().Length;
            id = (start + reader.Position - length, length);
        }

        Time = (flags & EventFlags.HasTime) != 0 ? Shift(At, reader.Signed()) : At;
        Digest = reader.Fixed64();
        EventForm form = ReadForm(ref reader);
        Shape = form.Shape;
        Counted = (flags & EventFlags.CountsAll) != 0 ? EventFlags.AllOf(Shape.Meters.Length) : reader.Unsigned();
        Folded = (flags & EventFlags.Folded) != 0 ? reader.Unsigned() : 0;
        valueCount = Shape.Properties.Length;
        if (values.Length < valueCount)
            values = new PropertyValue[valueCount];
        for (int i = 0; i < valueCount; i++)
            ReadValue(ref reader, start, form.Kinds[i], ref values[i]);
        Credits = (flags & EventFlags.HasCredits) != 0 ? reader.Amount() : Amount.Zero;
        IsOverageOwn = (flags & EventFlags.OwnOverage) != 0;
        Overage = (flags & EventFlags.HasOverage) != 0 ? reader.Amount() : Amount.Zero;
    }

    private void ReadValue(ref ByteReader reader, int start, byte kind, ref PropertyValue value)
    {
        value = default;
        value.Kind = kind == ValueKinds.NumericText ? PropertyKind.Text : (PropertyKind)kind;
        if (value.Kind == PropertyKind.Text)
        {
            (int textStart, int length, _) = texts[ReadText(ref reader, start)];
            value.Text = new TextSlice(textStart, length);
        }

        if (value.Kind == PropertyKind.Number || kind == ValueKinds.NumericText)
            value.Number = reader.Amount();
    }

    private EventForm ReadForm(ref ByteReader reader)
    {
        int number = reader.Count();
        if (number > 0)
            return number <= forms.Count ? forms[number - 1] : throw new CorruptDataException($"The group has no form {number}.");
        int shape = reader.Count();
        if (shape >= shapes.Count)
            throw new CorruptDataException($"The group has no shape {shape}.");
        var kinds = new byte[shapes[shape].Properties.Length];
        for (int i = 0; i < kinds.Length; i += 2)
        {
            byte two = reader.Byte();
            kinds[i] = (byte)(two & 15);
            if (i + 1 < kinds.Length)
                kinds[i + 1] = (byte)(two >> 4);
            else if (two > 15)
                throw new CorruptDataException("A value has no property.");
        }

        if (kinds.AsSpan().ContainsAnyExceptInRange((byte)0, ValueKinds.NumericText))
            throw new CorruptDataException("There is no such kind of value.");
        var form = new EventForm(shapes[shape], kinds);
        if (forms.Count < EventForms.CountMax)
            forms.Add(form);
        return form;
    }

    /// <summary>The short form of a burn: what the event before cost, from one grant.</summary>
    private void ReadEventBurn(ref ByteReader reader)
    {
        long grant = reader.Long();
        if (!hasEvent || !Credits.TrySubtract(Overage, out Amount drawn))
            throw new CorruptDataException("No event of the customer stands before a burn.");
        Kind = EntryKind.Wallet;
        Burn = new BurnFigures(Credits, Overage, 1);
        Wallet = ReadsBurnsAsFigures ? null : new CreditsBurned(Credits, Overage, [new GrantDraw(grant, drawn)], 1);
        Stamp = ReadStamp(ref reader, Burn.BalanceChange);
        if (Stamp.Number == 0)
            throw new CorruptDataException("A burn makes a ledger entry.");
    }

    private void ReadTime(ref ByteReader reader)
    {
        ulong coded = reader.Unsigned();
        ulong later = coded >> 1;
        At = Shift(At, (long)(later >> 1) ^ -(long)(later & 1));
        HourAlignment = (coded & 1) == 0 ? 0 : reader.Byte(1, 59);
    }

    /// <summary>A shape, and the kind of each of its values.</summary>
    private sealed record EventForm(JournalShape Shape, byte[] Kinds);
}
