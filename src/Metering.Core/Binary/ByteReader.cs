using System.Buffers.Binary;
using Metering.Core.Money;
using Metering.Core.Time;

namespace Metering.Core.Binary;

/// <summary>Reads what <see cref="ByteWriter"/> writes. Anything else is <see cref="CorruptDataException"/>, never a guess.</summary>
public ref struct ByteReader(ReadOnlySpan<byte> bytes)
{
    private readonly ReadOnlySpan<byte> bytes = bytes;

    /// <summary>The place of the next byte.</summary>
    public int Position { get; private set; }

    /// <summary>Whether everything was read.</summary>
    public readonly bool IsAtEnd => Position == bytes.Length;

    public byte Byte()
    {
        Need(1);
        return bytes[Position++];
    }

    public bool Bool() => Byte() switch
    {
        0 => false,
        1 => true,
        _ => throw new CorruptDataException("A truth value is neither 0 nor 1."),
    };

    public ulong Unsigned()
    {
        ulong value = 0;
        for (int shift = 0; shift < 64; shift += 7)
        {
            byte part = Byte();
            if (shift == 63 && part > 1)
                break;
            value |= (ulong)(part & 0x7F) << shift;
            if (part < 0x80)
                return value;
        }

        throw new CorruptDataException("A number is longer than 64 bits.");
    }

    /// <summary>An unsigned number that must not be beyond <paramref name="max"/>.</summary>
    public int Count(int max = int.MaxValue)
    {
        ulong value = Unsigned();
        return value <= (ulong)max ? (int)value : throw new CorruptDataException($"A count of {value} is beyond {max}.");
    }

    public long Long() => (long)Unsigned() is >= 0 and var value ? value : throw new CorruptDataException("A number is longer than 63 bits.");

    public long Signed()
    {
        ulong raw = Unsigned();
        return (long)(raw >> 1) ^ -(long)(raw & 1);
    }

    public ulong Fixed64()
    {
        Need(8);
        ulong value = BinaryPrimitives.ReadUInt64LittleEndian(bytes[Position..]);
        Position += 8;
        return value;
    }

    public uint Fixed32()
    {
        Need(4);
        uint value = BinaryPrimitives.ReadUInt32LittleEndian(bytes[Position..]);
        Position += 4;
        return value;
    }

    public UInt128 Fixed128()
    {
        ulong low = Fixed64();
        return new UInt128(Fixed64(), low);
    }

    public ReadOnlySpan<byte> Raw(int length)
    {
        Need(length);
        ReadOnlySpan<byte> part = bytes.Slice(Position, length);
        Position += length;
        return part;
    }

    public ReadOnlySpan<byte> Bytes() => Raw(Count());

    public string Text() => System.Text.Encoding.UTF8.GetString(Bytes());

    public Instant Instant() =>
        Time.Instant.TryFromUnixMicroseconds(Signed(), out Instant instant) ? instant : throw new CorruptDataException("A time is out of range.");

    public Instant? OptionalInstant() => Bool() ? Instant() : null;

    public Amount Amount()
    {
        ulong raw = Unsigned();
        if (raw == 3)
            return FromNanos((Int128)Fixed128());
        ulong zigzag = raw >> 2;
        long mantissa = (long)(zigzag >> 1) ^ -(long)(zigzag & 1);
        return (raw & 3) switch
        {
            0 => FromNanos((Int128)mantissa * Money.Amount.NanosPerUnit),
            1 => FromNanos((Int128)mantissa * 1_000_000),
            2 => FromNanos(mantissa),
            _ => throw new CorruptDataException("An amount has no unit."),
        };
    }

    private static Amount FromNanos(Int128 nanos) =>
        Money.Amount.TryFromNanos(nanos, out Amount amount) ? amount : throw new CorruptDataException("An amount is out of range.");

    private readonly void Need(int length)
    {
        if (length < 0 || bytes.Length - Position < length)
            throw new CorruptDataException("The data end too early.");
    }
}

/// <summary>Bytes that nothing of ours wrote: a broken disk, a newer version, a bug. Whoever reads them must stop and say so.</summary>
public sealed class CorruptDataException(string message) : Exception(message);
