using System.Buffers;
using Metering.Core.Money;
using Metering.Core.Time;
using Metering.Grid.Directory;

namespace Metering.Grid.Ingest;

/// <summary>A part of a batch's text, in bytes of UTF-8.</summary>
public readonly record struct TextSlice(int Start, int Length);

/// <summary>What a property of an event holds.</summary>
public enum PropertyKind : byte
{
    /// <summary>The event does not have it, or it is null.</summary>
    Absent = 0,

    /// <summary>
    /// A JSON number: <see cref="PropertyValue.Number"/> is its value, <see cref="PropertyValue.Text"/> its text as sent.
    /// </summary>
    Number = 1,

    /// <summary>
    /// A JSON string, unescaped, in <see cref="PropertyValue.Text"/>; where a meter reads it as a value,
    /// <see cref="PropertyValue.Number"/> is set too.
    /// </summary>
    Text = 2,

    /// <summary><c>true</c>; <see cref="PropertyValue.Text"/> says so.</summary>
    True = 3,

    /// <summary><c>false</c>; <see cref="PropertyValue.Text"/> says so.</summary>
    False = 4,
}

/// <summary>One property of an event that some meter reads or keeps.</summary>
public struct PropertyValue
{
    /// <summary>What it holds.</summary>
    public PropertyKind Kind;

    /// <summary>True where <see cref="Number"/> does not hold the value because it is outside of the range of quantities.</summary>
    public bool OutOfRange;

    /// <summary>Its text.</summary>
    public TextSlice Text;

    /// <summary>Its value.</summary>
    public Amount Number;
}

/// <summary>
/// One event of a batch, as offsets into the batch's text. <see cref="Shape"/> and the values are there where the catalogue knows the
/// event's type.
/// </summary>
public struct ParsedEvent
{
    /// <summary>CloudEvents <c>id</c>.</summary>
    public TextSlice Id;

    /// <summary>CloudEvents <c>source</c>; with the id and the customer it is the event's identity.</summary>
    public TextSlice Source;

    /// <summary>CloudEvents <c>type</c>.</summary>
    public TextSlice Type;

    /// <summary>CloudEvents <c>subject</c>: a project's or customer's id.</summary>
    public TextSlice Subject;

    /// <summary>CloudEvents <c>time</c>; meaningful where <see cref="HasTime"/>. Without, the time of arrival counts.</summary>
    public Instant Time;

    /// <summary>Whether the event says its time.</summary>
    public bool HasTime;

    /// <summary>Digest of the whole event without its identity, independent of the order of members.</summary>
    public ulong Digest;

    /// <summary>The catalogue's compiled view of the event's type; null for a type that no meter counts.</summary>
    public EventShape? Shape;

    /// <summary>Index of the first of <c>Shape.Properties.Length</c> values in the batch.</summary>
    public int FirstValue;

    /// <summary>The project it belongs to; null until resolved, and for an unknown subject.</summary>
    public ProjectEntry? Project;

    /// <summary>Keyed hash of customer, source and id; set when the project is resolved.</summary>
    public UInt128 Identity;
}

/// <summary>
/// The events of one request: one pooled text buffer and flat arrays, no object an event. Whoever rents it disposes it,
/// after the answer is written.
/// </summary>
public sealed class EventBatch : IDisposable
{
    private byte[] text;
    private int textLength;
    private ParsedEvent[] events;
    private int count;
    private PropertyValue[] values;
    private int valueCount;

    private EventBatch(int textCapacity, int eventCapacity)
    {
        text = ArrayPool<byte>.Shared.Rent(Math.Max(textCapacity, 256));
        events = ArrayPool<ParsedEvent>.Shared.Rent(Math.Max(eventCapacity, 4));
        values = ArrayPool<PropertyValue>.Shared.Rent(Math.Max(eventCapacity * 4, 16));
    }

    /// <summary>How many events.</summary>
    public int Count => count;

    /// <summary>
    /// Whether the sender wants to be told the balances, whatever becomes of the events; where not, they come only with a refusal.
    /// </summary>
    public bool WantsBalances { get; set; } = true;

    /// <summary>The text so far.</summary>
    public ReadOnlySpan<byte> Text => text.AsSpan(0, textLength);

    /// <summary>An event, to read or fill.</summary>
    public ref ParsedEvent this[int index] => ref events.AsSpan(0, count)[index];

    /// <summary>A new batch.</summary>
    public static EventBatch Rent(int textCapacity, int eventCapacity) => new(textCapacity, eventCapacity);

    /// <summary>
    /// A buffer of at least <paramref name="size"/> free bytes behind the text, to read a body into; then <see cref="Advance"/>.
    /// </summary>
    public Memory<byte> GetMemory(int size)
    {
        EnsureText(size);
        return text.AsMemory(textLength);
    }

    /// <summary>Makes bytes that were written into <see cref="GetMemory"/> part of the text.</summary>
    public void Advance(int bytes)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(bytes, text.Length - textLength);
        textLength += bytes;
    }

    /// <summary>Forgets the events, and the text behind the first bytes, so that those are read again.</summary>
    public void Restart(int keptText)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(keptText, textLength);
        textLength = keptText;
        count = valueCount = 0;
    }

    /// <summary>Adds text, such as a string without its escapes.</summary>
    public TextSlice Append(ReadOnlySpan<byte> utf8)
    {
        EnsureText(utf8.Length);
        utf8.CopyTo(text.AsSpan(textLength));
        var slice = new TextSlice(textLength, utf8.Length);
        textLength += utf8.Length;
        return slice;
    }

    /// <summary>The bytes of a slice; valid until text is added.</summary>
    public ReadOnlySpan<byte> Slice(TextSlice slice) => text.AsSpan(0, textLength).Slice(slice.Start, slice.Length);

    /// <summary>Adds an event, blank.</summary>
    /// <returns>Its index.</returns>
    public int AddEvent()
    {
        if (count == events.Length)
            Grow(ref events, count);
        events[count] = default;
        return count++;
    }

    /// <summary>Adds values, all absent.</summary>
    /// <returns>The index of the first.</returns>
    public int AddValues(int number)
    {
        while (valueCount + number > values.Length)
            Grow(ref values, valueCount);
        values.AsSpan(valueCount, number).Clear();
        int first = valueCount;
        valueCount += number;
        return first;
    }

    /// <summary>The values of an event, in the order of its shape's properties.</summary>
    public Span<PropertyValue> Values(in ParsedEvent item) =>
        item.Shape is null ? [] : values.AsSpan(0, valueCount).Slice(item.FirstValue, item.Shape.Properties.Length);

    /// <inheritdoc />
    public void Dispose()
    {
        if (text.Length == 0)
            return;
        ArrayPool<byte>.Shared.Return(text);
        ArrayPool<ParsedEvent>.Shared.Return(events, clearArray: true);
        ArrayPool<PropertyValue>.Shared.Return(values);
        text = [];
        events = [];
        values = [];
        textLength = count = valueCount = 0;
    }

    private static void Grow<T>(ref T[] array, int used)
    {
        T[] larger = ArrayPool<T>.Shared.Rent(array.Length * 2);
        array.AsSpan(0, used).CopyTo(larger);
        ArrayPool<T>.Shared.Return(array, clearArray: true);
        array = larger;
    }

    private void EnsureText(int more)
    {
        if (text.Length - textLength >= more)
            return;
        byte[] larger = ArrayPool<byte>.Shared.Rent(Math.Max(text.Length * 2, textLength + more));
        text.AsSpan(0, textLength).CopyTo(larger);
        ArrayPool<byte>.Shared.Return(text);
        text = larger;
    }
}
