using System.Buffers.Binary;
using Metering.Core.Money;
using Metering.Core.Time;

namespace Metering.Core.Binary;

/// <summary>Reads what <see cref="ByteWriter"/> writes. Anything else is <see cref="CorruptDataException"/>, never a guess.</summary>
public ref struct ByteReader(ReadOnlySpan<byte> bytes)
{
    private static readonly System.Text.UTF8Encoding StrictUtf8 = new(false, throwOnInvalidBytes: true);

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

    /// <summary>A byte from <paramref name="min"/> to <paramref name="max"/>: the numbers of an enum's members.</summary>
    public byte Byte(byte min, byte max)
    {
        byte value = Byte();
        return value >= min && value <= max ? value : throw new CorruptDataException($"A kind of {value} is not from {min} to {max}.");
    }

    public bool Bool() => Byte(0, 1) == 1;

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

    /// <summary>How many items follow that take at least so many bytes each; never more than there is room for.</summary>
    public int CountOf(int bytesEach) => Count((bytes.Length - Position) / bytesEach);

    public long Long() =>
        (long)Unsigned() is >= 0 and var value ? value : throw new CorruptDataException("A number is longer than 63 bits.");

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

    /// <summary>The next bytes, not copied: valid for as long as what is read.</summary>
    public ReadOnlySpan<byte> Raw(int length)
    {
        Need(length);
        ReadOnlySpan<byte> part = bytes.Slice(Position, length);
        Position += length;
        return part;
    }

    /// <summary>Bytes with their length before them, not copied: valid for as long as what is read.</summary>
    public ReadOnlySpan<byte> Bytes() => Raw(Count());

    public string Text()
    {
        ReadOnlySpan<byte> utf8 = Bytes();
        try
        {
            return StrictUtf8.GetString(utf8);
        }
        catch (System.Text.DecoderFallbackException)
        {
            throw new CorruptDataException("A text is not UTF-8.");
        }
    }

    public Instant Instant() =>
        Time.Instant.TryFromUnixMicroseconds(Signed(), out Instant instant)
            ? instant
            : throw new CorruptDataException("A time is out of range.");

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
