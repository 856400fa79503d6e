using System.Buffers.Binary;
using Metering.Core.Money;
using Metering.Core.Time;

namespace Metering.Core.Binary;

/// <summary>
/// Writes the compact binary forms that journals and checkpoints are made of, into one growing array that is reused.
/// The forms are fixed for ever.
/// </summary>
/// <remarks>
/// <list type="bullet">
/// <item>unsigned number: LEB128, 7 bits a byte, least significant first, at most 10 bytes;</item>
/// <item>signed number: zigzag, then as unsigned;</item>
/// <item>text: its length in bytes as unsigned, then UTF-8;</item>
/// <item>instant: microseconds since the Unix epoch as signed;</item>
/// <item>amount: an unsigned number whose low two bits say the unit of the zigzag number above them: 0 whole units, 1 thousandths, 2
/// nano-units; 3 (alone) means that 16 bytes of nano-units follow, little-endian two's complement.</item>
/// </list>
/// </remarks>
public sealed class ByteWriter
{
    private byte[] buffer;

    /// <summary>A writer with room for <paramref name="capacity"/> bytes before it grows.</summary>
    public ByteWriter(int capacity = 256) => buffer = new byte[Math.Max(16, capacity)];

    /// <summary>Bytes written.</summary>
    public int Length { get; private set; }

    /// <summary>What was written; valid until the next write.</summary>
    public ReadOnlySpan<byte> Span => buffer.AsSpan(0, Length);

    /// <summary>What was written; valid until the next write.</summary>
    public ReadOnlyMemory<byte> Memory => buffer.AsMemory(0, Length);

    /// <summary>Starts again; a buffer that once grew far beyond <paramref name="keep"/> is let go.</summary>
    public void Clear(int keep = int.MaxValue)
    {
        Length = 0;
        if (buffer.Length > keep)
            buffer = new byte[keep];
    }

    /// <summary>Takes back what was written after so many bytes.</summary>
    public void Truncate(int length)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(length, Length);
        Length = length;
    }

    public void Byte(byte value)
    {
        Reserve(1);
        buffer[Length++] = value;
    }

    public void Bool(bool value) => Byte(value ? (byte)1 : (byte)0);

    public void Unsigned(ulong value)
    {
        Reserve(10);
        int at = Length;
        while (value >= 0x80)
        {
            buffer[at++] = (byte)(value | 0x80);
            value >>= 7;
        }

        buffer[at++] = (byte)value;
        Length = at;
    }

    public void Unsigned(long value) => Unsigned(checked((ulong)value));

    public void Signed(long value) => Unsigned((ulong)((value << 1) ^ (value >> 63)));

    public void Fixed64(ulong value)
    {
        Reserve(8);
        BinaryPrimitives.WriteUInt64LittleEndian(buffer.AsSpan(Length), value);
        Length += 8;
    }

    public void Fixed32(uint value)
    {
        Reserve(4);
        BinaryPrimitives.WriteUInt32LittleEndian(buffer.AsSpan(Length), value);
        Length += 4;
    }

    public void Fixed128(UInt128 value)
    {
        Fixed64((ulong)value);
        Fixed64((ulong)(value >> 64));
    }

    public void Raw(ReadOnlySpan<byte> bytes)
    {
        Reserve(bytes.Length);
        bytes.CopyTo(buffer.AsSpan(Length));
        Length += bytes.Length;
    }

    public void Bytes(ReadOnlySpan<byte> bytes)
    {
        Unsigned((ulong)bytes.Length);
        Raw(bytes);
    }

    public void Text(string text)
    {
        int size = System.Text.Encoding.UTF8.GetByteCount(text);
        Unsigned((ulong)size);
        Reserve(size);
        Length += System.Text.Encoding.UTF8.GetBytes(text, buffer.AsSpan(Length));
    }

    public void Instant(Instant instant) => Signed(instant.UnixMicroseconds);

    /// <summary>0 for none, else 1 and the instant.</summary>
    public void OptionalInstant(Instant? instant)
    {
        Bool(instant is not null);
        if (instant is { } value)
            Instant(value);
    }

    public void Amount(Amount amount)
    {
        Int128 nanos = amount.Nanos;
        if (nanos == (long)nanos)
        {
            long small = (long)nanos;
            (long mantissa, uint unit) = small % 1_000_000_000 == 0 ? (small / 1_000_000_000, 0u)
                : small % 1_000_000 == 0 ? (small / 1_000_000, 1u)
                : (small, 2u);
            if (mantissa is > -(1L << 60) and < 1L << 60)
            {
                Unsigned(((ulong)((mantissa << 1) ^ (mantissa >> 63)) << 2) | unit);
                return;
            }
        }
        else if (nanos % Money.Amount.NanosPerUnit == 0)
        {
            Int128 whole = nanos / Money.Amount.NanosPerUnit;
            if (whole > -(1L << 60) && whole < 1L << 60)
            {
                long mantissa = (long)whole;
                Unsigned((ulong)((mantissa << 1) ^ (mantissa >> 63)) << 2);
                return;
            }
        }

        Byte(3);
        Fixed128((UInt128)nanos);
    }

    private void Reserve(int more)
    {
        if (buffer.Length - Length < more)
            Array.Resize(ref buffer, Math.Max(buffer.Length * 2, Length + more));
    }
}
