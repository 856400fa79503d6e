using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using Metering.Core.Binary;
using Metering.Core.Money;
using Metering.Grid.Directory;
using Metering.Grid.Ingest;

namespace Metering.Orleans.Serialization;

/// <summary>
/// Events of one request on their way to the silo that owns their partition. The receiver resolves the subjects itself, in its own
/// directory, and copies no text: the body is the batch's text, and the slices point into it.
/// </summary>
/// <remarks>
/// <para>Body: version (1); flags: 1 = the balances are wanted; the number of shapes, each: the type's text, an 8-byte print of the
/// properties; the number of events; the events. Forms are those of <see cref="ByteWriter"/>.</para>
/// <para>Event: flags; id; unless as in the event before: source, subject, and the type: the number of its shape, or its text for a type
/// that no meter counts; time where there is one; the 8-byte digest; a value for each property of the shape.</para>
/// <para>Value: a byte: the kind, 8 = out of range, 16 = a text follows, 32 = a number follows.</para>
/// </remarks>
public static class BatchFormat
{
    private const byte Version = 1;
    private const byte WantsBalances = 1;
    private const byte SameSource = 1;
    private const byte SameSubject = 2;
    private const byte SameType = 4;
    private const byte HasShape = 8;
    private const byte HasTime = 16;
    private const byte EventFlags = SameSource | SameSubject | SameType | HasShape | HasTime;
    private const byte KindMask = 7;
    private const byte OutOfRange = 8;
    private const byte HasText = 16;
    private const byte HasNumber = 32;
    private const byte ValueFlags = KindMask | OutOfRange | HasText | HasNumber;

    /// <summary>An event takes at least its flags, two lengths and the digest.</summary>
    private const int EventBytesMin = 10;

    private static readonly ConditionalWeakTable<EventShape, object> Prints = [];

    [ThreadStatic]
    private static ByteWriter? spare;

    /// <summary>Encodes some events of a batch, in the order of the indexes.</summary>
    /// <param name="batch">The batch.</param>
    /// <param name="indexes">Which of its events.</param>
    /// <param name="wantsBalances">Whether the answer is to have the balances, whatever becomes of these events.</param>
    public static byte[] Write(EventBatch batch, ReadOnlySpan<int> indexes, bool wantsBalances)
    {
        ByteWriter writer = spare ??= new ByteWriter(4096);
        writer.Clear(keep: 1024 * 1024);
        writer.Byte(Version);
        writer.Byte(wantsBalances ? WantsBalances : (byte)0);
        var shapes = new List<EventShape>(1);
        foreach (int index in indexes)
        {
            if (batch[index].Shape is { } shape && (shapes.Count == 0 || shapes[^1] != shape) && !shapes.Contains(shape))
                shapes.Add(shape);
        }

        writer.Unsigned((ulong)shapes.Count);
        foreach (EventShape shape in shapes)
        {
            writer.Bytes(shape.TypeUtf8);
            writer.Fixed64(PrintOf(shape));
        }

        writer.Unsigned((ulong)indexes.Length);
        int before = -1;
        foreach (int index in indexes)
        {
            WriteEvent(writer, batch, index, before, shapes);
            before = index;
        }

        return writer.Span.ToArray();
    }

    /// <summary>Decodes a batch; its projects are not resolved yet. Whoever reads it disposes it.</summary>
    /// <param name="body">What <see cref="Write"/> gave.</param>
    /// <param name="catalog">The receiver's catalogue.</param>
    /// <exception cref="CorruptDataException">No batch was written as this body.</exception>
    /// <exception cref="OtherCatalogException">The sender knows the meters of a type otherwise than <paramref name="catalog"/>
    /// does.</exception>
    public static EventBatch Read(ReadOnlySpan<byte> body, CatalogSnapshot catalog)
    {
        EventBatch batch = EventBatch.Rent(body.Length, 16);
        try
        {
            body.CopyTo(batch.GetMemory(body.Length).Span);
            batch.Advance(body.Length);
            ReadInto(batch, body, catalog);
            return batch;
        }
        catch
        {
            batch.Dispose();
            throw;
        }
    }

    private static void WriteEvent(ByteWriter writer, EventBatch batch, int index, int before, List<EventShape> shapes)
    {
        ref readonly ParsedEvent item = ref batch[index];
        byte flags = (byte)((item.Shape is null ? 0 : HasShape) | (item.HasTime ? HasTime : 0));
        if (before >= 0)
        {
            ref readonly ParsedEvent last = ref batch[before];
            if (batch.Slice(item.Source).SequenceEqual(batch.Slice(last.Source)))
                flags |= SameSource;
            if (batch.Slice(item.Subject).SequenceEqual(batch.Slice(last.Subject)))
                flags |= SameSubject;
            if (item.Shape == last.Shape && (item.Shape is not null || batch.Slice(item.Type).SequenceEqual(batch.Slice(last.Type))))
                flags |= SameType;
        }

        writer.Byte(flags);
        writer.Bytes(batch.Slice(item.Id));
        if ((flags & SameSource) == 0)
            writer.Bytes(batch.Slice(item.Source));
        if ((flags & SameSubject) == 0)
            writer.Bytes(batch.Slice(item.Subject));
        if ((flags & SameType) == 0)
        {
            if (item.Shape is { } shape)
                writer.Unsigned((ulong)shapes.IndexOf(shape));
            else
                writer.Bytes(batch.Slice(item.Type));
        }

        if (item.HasTime)
            writer.Instant(item.Time);
        writer.Fixed64(item.Digest);
        foreach (ref readonly PropertyValue value in batch.Values(item))
            WriteValue(writer, batch, value);
    }

    private static void WriteValue(ByteWriter writer, EventBatch batch, in PropertyValue value)
    {
        bool hasNumber = !value.Number.IsZero;
        bool hasText = value.Text.Length > 0;
        int flags = (byte)value.Kind | (value.OutOfRange ? OutOfRange : 0) | (hasText ? HasText : 0) | (hasNumber ? HasNumber : 0);
        writer.Byte((byte)flags);
        if (hasText)
            writer.Bytes(batch.Slice(value.Text));
        if (hasNumber)
            writer.Amount(value.Number);
    }

    private static void ReadInto(EventBatch batch, ReadOnlySpan<byte> body, CatalogSnapshot catalog)
    {
        var reader = new ByteReader(body);
        if (reader.Byte() != Version)
            throw new CorruptDataException("The batch has a version that this build does not know.");
        batch.WantsBalances = reader.Byte(0, WantsBalances) != 0;
        var shapes = new (EventShape Shape, TextSlice Type)[reader.CountOf(1 + sizeof(ulong))];
        for (int number = 0; number < shapes.Length; number++)
            shapes[number] = ReadShape(ref reader, body, catalog);
        int events = reader.CountOf(EventBytesMin);
        for (int index = 0; index < events; index++)
            ReadEvent(ref reader, batch, shapes);
        if (!reader.IsAtEnd)
            throw new CorruptDataException("More than a batch was written.");
    }

    private static (EventShape Shape, TextSlice Type) ReadShape(ref ByteReader reader, ReadOnlySpan<byte> body, CatalogSnapshot catalog)
    {
        TextSlice type = ReadSlice(ref reader);
        ulong print = reader.Fixed64();
        return catalog.FindShape(body.Slice(type.Start, type.Length)) is { } shape && PrintOf(shape) == print
            ? (shape, type)
            : throw new OtherCatalogException();
    }

    private static void ReadEvent(ref ByteReader reader, EventBatch batch, (EventShape Shape, TextSlice Type)[] shapes)
    {
        byte flags = reader.Byte(0, EventFlags);
        int index = batch.AddEvent();
        if (index == 0 && (flags & (SameSource | SameSubject | SameType)) != 0)
            throw new CorruptDataException("The first event has none before it.");
        ref ParsedEvent item = ref batch[index];
        ParsedEvent last = index == 0 ? default : batch[index - 1];
        item.Id = ReadSlice(ref reader);
        item.Source = (flags & SameSource) != 0 ? last.Source : ReadSlice(ref reader);
        item.Subject = (flags & SameSubject) != 0 ? last.Subject : ReadSlice(ref reader);
        if ((flags & SameType) != 0)
        {
            (item.Shape, item.Type) = (last.Shape, last.Type);
            if (item.Shape is null == ((flags & HasShape) != 0))
                throw new CorruptDataException("The event before is of another kind.");
        }
        else if ((flags & HasShape) != 0)
        {
            (item.Shape, item.Type) = shapes.Length == 0
                ? throw new CorruptDataException("The batch names no shapes.")
                : shapes[reader.Count(shapes.Length - 1)];
        }
        else
        {
            item.Type = ReadSlice(ref reader);
        }

        item.HasTime = (flags & HasTime) != 0;
        if (item.HasTime)
            item.Time = reader.Instant();
        item.Digest = reader.Fixed64();
        if (item.Shape is null)
            return;
        item.FirstValue = batch.AddValues(item.Shape.Properties.Length);
        foreach (ref PropertyValue value in batch.Values(item))
            ReadValue(ref reader, ref value);
    }

    private static void ReadValue(ref ByteReader reader, ref PropertyValue value)
    {
        byte flags = reader.Byte(0, ValueFlags);
        value.Kind = (PropertyKind)(flags & KindMask);
        if (value.Kind > PropertyKind.False)
            throw new CorruptDataException("A property is of a kind that there is not.");
        value.OutOfRange = (flags & OutOfRange) != 0;
        if ((flags & HasText) != 0)
            value.Text = ReadSlice(ref reader);
        value.Number = (flags & HasNumber) != 0 ? reader.Amount() : Amount.Zero;
    }

    private static TextSlice ReadSlice(ref ByteReader reader)
    {
        int length = reader.Bytes().Length;
        return new TextSlice(reader.Position - length, length);
    }

    /// <summary>Tells shapes apart whose values do not stand in the same places, or are read otherwise.</summary>
    private static ulong PrintOf(EventShape shape)
    {
        if (Prints.TryGetValue(shape, out object? print))
            return (ulong)print;
        var writer = new ByteWriter();
        foreach (ShapeProperty property in shape.Properties)
        {
            writer.Bytes(property.Utf8);
            writer.Bool(property.IsValue);
        }

        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(writer.Span, hash);
        ulong made = System.Buffers.Binary.BinaryPrimitives.ReadUInt64LittleEndian(hash);
        Prints.AddOrUpdate(shape, made);
        return made;
    }
}

/// <summary>Sender and receiver know the meters of an event type otherwise; the one that is behind will have caught up in a
/// moment.</summary>
public sealed class OtherCatalogException() : Exception("The sender has another catalogue.");
