using Metering.Core.Binary;
using Metering.Grid.Ingest;

namespace Metering.Grid.Journal;

/// <summary>
/// The forms of a group's events: a form is a shape and the kind of each of its values. Events of one sender mostly have one, which is
/// written once and named by its number from then on. In the group: 0, the shape's number and the kinds, two a byte, for a new form, which
/// gets the next number as long as there are fewer than <see cref="CountMax"/>; n for the form that got number n. Numbers begin at 1.
/// </summary>
internal sealed class EventForms
{
    /// <summary>More are written out each time: so nobody can make the search long.</summary>
    public const int CountMax = 64;

    private readonly List<(EventShape Shape, int Start)> forms = new(CountMax);
    private readonly ByteWriter kinds = new();
    private int last;

    public void Clear()
    {
        forms.Clear();
        kinds.Clear();
        last = 0;
    }

    /// <summary>Writes the form of an event, or its number.</summary>
    public void Write(ByteWriter body, EventShape shape, int shapeNumber, ReadOnlySpan<PropertyValue> values)
    {
        int form = Find(shape, values);
        if (form >= 0)
        {
            last = form;
            body.Unsigned((ulong)form + 1);
            return;
        }

        body.Byte(0);
        body.Unsigned((ulong)shapeNumber);
        int start = kinds.Length;
        for (int i = 0; i < values.Length; i++)
            kinds.Byte(ValueKinds.Of(values[i], shape.Properties[i].IsValue));
        ReadOnlySpan<byte> added = kinds.Span[start..];
        for (int i = 0; i < added.Length; i += 2)
            body.Byte((byte)(added[i] | (i + 1 < added.Length ? added[i + 1] << 4 : 0)));
        if (forms.Count < CountMax)
            forms.Add((shape, start));
        else
            kinds.Truncate(start);
    }

    private int Find(EventShape shape, ReadOnlySpan<PropertyValue> values)
    {
        if (forms.Count == 0)
            return -1;
        if (Matches(last, shape, values))
            return last;
        for (int form = 0; form < forms.Count; form++)
        {
            if (Matches(form, shape, values))
                return form;
        }

        return -1;
    }

    private bool Matches(int form, EventShape shape, ReadOnlySpan<PropertyValue> values)
    {
        if (!ReferenceEquals(forms[form].Shape, shape))
            return false;
        ReadOnlySpan<byte> known = kinds.Span[forms[form].Start..];
        for (int i = 0; i < values.Length; i++)
        {
            if (known[i] != ValueKinds.Of(values[i], shape.Properties[i].IsValue))
                return false;
        }

        return true;
    }
}

/// <summary>How a value stands in the journal, besides the members of <see cref="PropertyKind"/>.</summary>
internal static class ValueKinds
{
    /// <summary>A text, and the number it holds.</summary>
    public const byte NumericText = 5;

    public static byte Of(in PropertyValue value, bool isValue) =>
        value.Kind == PropertyKind.Text && isValue ? NumericText : (byte)value.Kind;
}
