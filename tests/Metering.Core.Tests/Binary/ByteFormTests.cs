using FsCheck;
using FsCheck.Fluent;
using Metering.Core.Binary;
using Metering.Core.Money;
using Metering.Core.Time;

namespace Metering.Core.Tests.Binary;

public sealed class ByteFormTests
{
    private static readonly Gen<long> Longs = Gen.OneOf(
        Gen.Choose(0, int.MaxValue).Select(value => (long)value << 32 ^ value * 2654435761L),
        Gen.Choose(-300, 300).Select(value => (long)value),
        Gen.Choose(0, 63).Select(bit => 1L << bit), Gen.Choose(0, 62).Select(bit => (1L << bit) - 1));

    [Fact]
    public void Numbers_read_back() => Check.Holds(Longs, value =>
    {
        var writer = new ByteWriter();
        writer.Signed(value);
        writer.Unsigned((ulong)value);
        writer.Fixed64((ulong)value);
        writer.Fixed32((uint)value);
        var reader = new ByteReader(writer.Span);
        return reader.Signed() == value && reader.Unsigned() == (ulong)value
            && reader.Fixed64() == (ulong)value && reader.Fixed32() == (uint)value
            && reader.IsAtEnd;
    });

    [Fact]
    public void Amounts_read_back() => Check.Holds(Longs, Gen.Choose(0, 90), (value, shift) =>
    {
        Int128 nanos = shift < 64 ? (Int128)value * ((Int128)1 << Math.Min(shift, 40)) : (Int128)value * Amount.NanosPerUnit;
        if (!Amount.TryFromNanos(nanos, out Amount amount))
            amount = nanos < 0 ? Amount.MinValue : Amount.MaxValue;
        var writer = new ByteWriter();
        writer.Amount(amount);
        var reader = new ByteReader(writer.Span);
        return reader.Amount() == amount && reader.IsAtEnd && writer.Length <= 17;
    });

    [Theory]
    [InlineData("15", 1)]
    [InlineData("1000", 2)]
    [InlineData("0.015", 1)]
    [InlineData("0.000000001", 1)]
    public void Usual_amounts_are_short(string text, int bytes)
    {
        var writer = new ByteWriter();
        writer.Amount(Amount.Parse(text));
        Assert.Equal(bytes, writer.Length);
    }

    [Fact]
    public void Texts_and_times_read_back()
    {
        var writer = new ByteWriter();
        string[] texts = ["", "a", "h\u00e9llo \ud83d\ude00", new string('x', 5000)];
        Instant?[] times = [null, Instant.MinValue, Instant.MaxValue, Instant.UnixEpoch];
        foreach (string text in texts)
            writer.Text(text);
        foreach (Instant? time in times)
            writer.OptionalInstant(time);
        var reader = new ByteReader(writer.Span);
        foreach (string text in texts)
            Assert.Equal(text, reader.Text());
        foreach (Instant? time in times)
            Assert.Equal(time, reader.OptionalInstant());
        Assert.True(reader.IsAtEnd);
    }

    [Fact]
    public void Random_bytes_are_corrupt_data_and_nothing_else()
    {
        var random = new System.Random(1);
        byte[] bytes = new byte[24];
        for (int i = 0; i < 200_000; i++)
        {
            random.NextBytes(bytes);
            Assert.True(ReadsOrIsCorrupt(bytes.AsSpan(0, random.Next(bytes.Length)), i % 12));
        }
    }

    [Fact]
    public void Text_that_is_not_utf8_is_corrupt() =>
        Assert.Throws<CorruptDataException>(() => new ByteReader([2, 0xC3, 0x28]).Text());

    [Fact]
    public void Count_beyond_the_bytes_that_are_there_is_corrupt()
    {
        byte[] bytes = [0xFF, 0xFF, 0xFF, 0x07, 1, 2, 3];
        Assert.Throws<CorruptDataException>(() => new ByteReader(bytes).CountOf(1));
        Assert.Throws<CorruptDataException>(() => new ByteReader(bytes).Bytes());
    }

    private static bool ReadsOrIsCorrupt(ReadOnlySpan<byte> bytes, int form)
    {
        var reader = new ByteReader(bytes);
        try
        {
            switch (form)
            {
                case 0: reader.Bool(); break;
                case 1: reader.Unsigned(); break;
                case 2: reader.Signed(); break;
                case 3: reader.Long(); break;
                case 4: reader.Count(); break;
                case 5: reader.Text(); break;
                case 6: reader.Instant(); break;
                case 7: reader.OptionalInstant(); break;
                case 8: reader.Amount(); break;
                case 9: reader.Fixed128(); break;
                case 10: reader.Bytes(); break;
                default: reader.CountOf(3); break;
            }
        }
        catch (CorruptDataException)
        {
            return true;
        }

        return reader.Position <= bytes.Length;
    }
}
