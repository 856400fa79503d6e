using System.Buffers.Binary;
using Metering.Core.Money;
using Metering.Core.Time;
using Metering.Storage.Postgres.Connections;

namespace Metering.Storage.Postgres.Projections;

/// <summary>
/// Rows in the format of <c>COPY ... (FORMAT binary)</c> (PostgreSQL manual, "COPY", binary format; numeric:
/// src/backend/utils/adt/numeric.c, numeric_recv). Written by hand because projecting is a row an event: no object, no string and no call
/// through a converter for each of its columns.
/// </summary>
internal sealed class CopyBuffer
{
    /// <summary>Signature, flags, length of the header's extension.</summary>
    public static readonly byte[] Header = [.. "PGCOPY\n"u8, 0xFF, .. "\r\n"u8, 0, 0, 0, 0, 0, 0, 0, 0, 0];

    /// <summary>A column count of -1 ends the data.</summary>
    public static readonly byte[] Trailer = [0xFF, 0xFF];

    private byte[] bytes = new byte[64 * 1024];

    public int Length { get; private set; }

    public ReadOnlyMemory<byte> Slice(int start, int length) => bytes.AsMemory(start, length);

    public ReadOnlyMemory<byte> Memory => bytes.AsMemory(0, Length);

    public void Clear() => Length = 0;

    /// <summary>Begins a row of so many columns.</summary>
    public void Row(short columns) => BinaryPrimitives.WriteInt16BigEndian(Take(2), columns);

    public void Int(int value)
    {
        var span = Take(8);
        BinaryPrimitives.WriteInt32BigEndian(span, 4);
        BinaryPrimitives.WriteInt32BigEndian(span[4..], value);
    }

    public void Long(long value)
    {
        var span = Take(12);
        BinaryPrimitives.WriteInt32BigEndian(span, 8);
        BinaryPrimitives.WriteInt64BigEndian(span[4..], value);
    }

    public void Time(Instant value) => Long(value.ToPostgres());

    /// <summary>The text that begins at a place.</summary>
    public ReadOnlySpan<byte> TextAt(int start) =>
        bytes.AsSpan(start + 4, BinaryPrimitives.ReadInt32BigEndian(bytes.AsSpan(start)));

    public void Null() => BinaryPrimitives.WriteInt32BigEndian(Take(4), -1);

    public void Text(ReadOnlySpan<byte> utf8)
    {
        var span = Take(4 + utf8.Length);
        BinaryPrimitives.WriteInt32BigEndian(span, utf8.Length);
        utf8.CopyTo(span[4..]);
    }

    /// <summary>A text of any characters; NUL, which PostgreSQL cannot store, becomes U+FFFD.</summary>
    public void Text(string text)
    {
        if (text.Contains('\0', StringComparison.Ordinal))
            text = text.Replace('\0', '\uFFFD');
        var length = System.Text.Encoding.UTF8.GetByteCount(text);
        var span = Take(4 + length);
        BinaryPrimitives.WriteInt32BigEndian(span, length);
        System.Text.Encoding.UTF8.GetBytes(text, span[4..]);
    }

    /// <summary>numeric with 9 decimals.</summary>
    public void Numeric(Amount amount) => Numeric(amount.Nanos);

    /// <summary>
    /// numeric with 9 decimals of any number of nano-units: 8 base-10,000 digits before the point and 3 after it (9 decimals and 3 of
    /// room),
    /// without the zeros at either end. The weight is the power of 10,000 of the first digit.
    /// </summary>
    public void Numeric(Int128 nanos)
    {
        const int wholeDigits = 8;
        const int allDigits = 11;
        Span<short> digits = stackalloc short[allDigits];
        digits.Clear();
        var magnitude = (UInt128)Int128.Abs(nanos);
        // Most fit 64 bits, where a division costs a fraction.
        var isSmall = magnitude <= ulong.MaxValue;
        var whole = isSmall ? (ulong)magnitude / (ulong)Amount.NanosPerUnit : magnitude / (ulong)Amount.NanosPerUnit;
        var fraction = (uint)((ulong)magnitude - (ulong)whole * (ulong)Amount.NanosPerUnit) * 1000UL;
        for (var i = allDigits - 1; fraction > 0; i--, fraction /= 10_000)
            digits[i] = (short)(fraction % 10_000);
        var at = wholeDigits - 1;
        for (; whole > ulong.MaxValue; at--, whole /= 10_000)
            digits[at] = (short)(whole % 10_000);
        for (var rest = (ulong)whole; rest > 0; at--, rest /= 10_000)
            digits[at] = (short)(rest % 10_000);

        var first = 0;
        while (first < allDigits && digits[first] == 0)
            first++;
        var end = allDigits;
        while (end > first && digits[end - 1] == 0)
            end--;
        var count = end - first;
        var span = Take(12 + 2 * count);
        BinaryPrimitives.WriteInt32BigEndian(span, 8 + 2 * count);
        BinaryPrimitives.WriteInt16BigEndian(span[4..], (short)count);
        BinaryPrimitives.WriteInt16BigEndian(span[6..], (short)(count == 0 ? 0 : wholeDigits - 1 - first));
        BinaryPrimitives.WriteInt16BigEndian(span[8..], Int128.IsNegative(nanos) ? (short)0x4000 : (short)0);
        BinaryPrimitives.WriteInt16BigEndian(span[10..], 9);
        for (var i = 0; i < count; i++)
            BinaryPrimitives.WriteInt16BigEndian(span[(12 + 2 * i)..], digits[first + i]);
    }

    private Span<byte> Take(int length)
    {
        if (bytes.Length - Length < length)
            Array.Resize(ref bytes, Math.Max(checked(bytes.Length * 2), Length + length));
        var span = bytes.AsSpan(Length, length);
        Length += length;
        return span;
    }
}
