using System.Globalization;
using System.Numerics;
using System.Text;
using FsCheck.Fluent;
using Metering.Core.Money;

namespace Metering.Core.Tests.Money;

public sealed class AmountTests
{
    [Theory]
    [InlineData("15", "15")]
    [InlineData("15.000000001", "15.000000001")]
    [InlineData("-0.5", "-0.5")]
    [InlineData("0", "0")]
    [InlineData("-0", "0")]
    [InlineData("-0.000", "0")]
    [InlineData("49.00", "49")]
    [InlineData("0.100000000", "0.1")]
    [InlineData("999999999999999999.999999999", "999999999999999999.999999999")]
    [InlineData("-999999999999999999.999999999", "-999999999999999999.999999999")]
    [InlineData("1e3", "1000")]
    [InlineData("1.5E+2", "150")]
    [InlineData("15e-1", "1.5")]
    [InlineData("0.000000000000000000001e12", "0.000000001")]
    [InlineData("100000000000000000000000e-20", "1000")]
    [InlineData("1.0000000000000", "1")]
    public void Text_is_read_and_written_exactly(string text, string written)
    {
        Assert.Equal(ParseStatus.Ok, AmountParse.Text(Encoding.UTF8.GetBytes(text), out var amount));
        Assert.Equal(written, amount.ToString());
        Assert.Equal(ParseStatus.Ok, AmountParse.JsonNumber(Encoding.UTF8.GetBytes(text), out var number));
        Assert.Equal(amount, number);
        Assert.Equal(written, amount.ToDecimal().ToString(CultureInfo.InvariantCulture));
    }

    [Theory]
    [InlineData("523.4567890123456", "523.456789012")]
    [InlineData("1e-400", "0")]
    [InlineData("-1e-99999999999999999999999999", "0")]
    [InlineData("0e99999999999999999999999999", "0")]
    [InlineData("0.0000000005", "0")]
    [InlineData("0.0000000015", "0.000000002")]
    [InlineData("0.0000000025", "0.000000002")]
    [InlineData("0.00000000250000000000000000000000000000000000000000001", "0.000000003")]
    [InlineData("-0.0000000005000000001", "-0.000000001")]
    [InlineData("0.00000000049999999999999999999", "0")]
    [InlineData("5e-10", "0")]
    [InlineData("9e-10", "0.000000001")]
    [InlineData("9e-11", "0")]
    [InlineData("0.30000000000000004", "0.3")]
    public void Json_numbers_round_half_to_even_at_the_ninth_decimal(string text, string counted)
    {
        Assert.Equal(ParseStatus.Ok, AmountParse.JsonNumber(Encoding.UTF8.GetBytes(text), out var amount));
        Assert.Equal(counted, amount.ToString());
    }

    [Theory]
    [InlineData("")]
    [InlineData("-")]
    [InlineData("+1")]
    [InlineData(".5")]
    [InlineData("5.")]
    [InlineData("-.5")]
    [InlineData("01")]
    [InlineData("-00.5")]
    [InlineData("1e")]
    [InlineData("1e+")]
    [InlineData("1e5.0")]
    [InlineData("1.e5")]
    [InlineData("1.2.3")]
    [InlineData("NaN")]
    [InlineData("Infinity")]
    [InlineData("0x10")]
    [InlineData(" 1")]
    [InlineData("1 ")]
    [InlineData("1,000")]
    [InlineData("1e5x")]
    [InlineData("--1")]
    [InlineData("1234567890123456789x")]
    [InlineData("\u0661")]
    public void What_is_no_json_number_is_malformed(string text)
    {
        Assert.Equal(ParseStatus.Malformed, AmountParse.JsonNumber(Encoding.UTF8.GetBytes(text), out _));
        Assert.Equal(ParseStatus.Malformed, AmountParse.Text(Encoding.UTF8.GetBytes(text), out _));
        Assert.False(Amount.TryParse(text, out _));
    }

    [Theory]
    [InlineData("1e400")]
    [InlineData("-1e400")]
    [InlineData("1e99999999999999999999999999")]
    [InlineData("1000000000000000000")]
    [InlineData("-1000000000000000000")]
    [InlineData("9999999999999999999")]
    [InlineData("1e18")]
    public void More_than_18_digits_are_out_of_range(string text)
    {
        Assert.Equal(ParseStatus.OutOfRange, AmountParse.JsonNumber(Encoding.UTF8.GetBytes(text), out _));
        Assert.Equal(ParseStatus.OutOfRange, AmountParse.Text(Encoding.UTF8.GetBytes(text), out _));
    }

    [Fact]
    public void Rounding_up_past_the_last_amount_is_out_of_range() =>
        Assert.Equal(ParseStatus.OutOfRange, AmountParse.JsonNumber("999999999999999999.9999999995"u8, out _));

    [Theory]
    [InlineData("0.0000000001")]
    [InlineData("1.0000000000000001")]
    [InlineData("1e-10")]
    [InlineData("1e-400")]
    [InlineData("0.00000000050")]
    public void Text_with_more_than_9_significant_decimals_is_too_precise(string text) =>
        Assert.Equal(ParseStatus.TooPrecise, AmountParse.Text(Encoding.UTF8.GetBytes(text), out _));

    [Fact]
    public void Text_and_bytes_of_any_amount_read_back_as_the_same() =>
        Check.Holds(AmountArbitrary.Any, amount =>
            Amount.Parse(amount.ToString()) == amount && Amount.FromDecimal(amount.ToDecimal()) == amount);

    [Fact]
    public void Any_number_reads_as_exact_arithmetic_rounds_it()
    {
        var digits = Gen.Choose(0, 9).ArrayOf(45).Select(values => string.Concat(values));
        var numbers =
            from text in digits
            from whole in Gen.Choose(1, 20)
            from decimals in Gen.Choose(0, 25)
            from exponent in Gen.Choose(-30, 30)
            from negative in Gen.Choose(0, 1)
            let kept = text[..whole].TrimStart('0')
            select (Whole: kept.Length > 0 ? kept : "0", Decimals: text[20..(20 + decimals)], exponent, negative == 1);
        Check.Holds(numbers, number =>
        {
            var (whole, decimals, exponent, negative) = number;
            var text = (negative ? "-" : "") + whole + (decimals.Length > 0 ? "." + decimals : "") + (exponent == 0 ? "" : $"e{exponent}");
            var scaled = BigInteger.Parse(whole + decimals, CultureInfo.InvariantCulture);
            var power = exponent - decimals.Length + 9;
            var nanos = power >= 0
                ? scaled * BigInteger.Pow(10, power)
                : Rounded(scaled, BigInteger.Pow(10, -power));
            var expected = nanos <= (BigInteger)Amount.MaxNanos ? ParseStatus.Ok : ParseStatus.OutOfRange;
            var status = AmountParse.JsonNumber(Encoding.UTF8.GetBytes(text), out var amount);
            return status == expected && (status != ParseStatus.Ok || (BigInteger)amount.Nanos == (negative ? -nanos : nanos));
        });
    }

    [Fact]
    public void Decimals_round_half_to_even()
    {
        Assert.Equal("0.000000002", Amount.FromDecimal(0.0000000025m).ToString());
        Assert.Equal("0.000000004", Amount.FromDecimal(0.0000000035m).ToString());
        Assert.Equal("-0.000000004", Amount.FromDecimal(-0.0000000035m).ToString());
        Assert.Equal("0", Amount.FromDecimal(0.0000000000000000000000000001m).ToString());
        Assert.Throws<OverflowException>(() => Amount.FromDecimal(decimal.MaxValue));
        Assert.Throws<OverflowException>(() => Amount.FromDecimal(decimal.MinValue));
    }

    [Fact]
    public void Arithmetic_is_that_of_whole_nano_units() =>
        Check.Holds(AmountArbitrary.Any, AmountArbitrary.Any, (left, right) =>
        {
            var sum = (BigInteger)left.Nanos + (BigInteger)right.Nanos;
            var fits = BigInteger.Abs(sum) <= (BigInteger)Amount.MaxNanos;
            return left.TryAdd(right, out var added) == fits
                && (!fits || ((BigInteger)added.Nanos == sum && left + right == added && added - right == left))
                && left.TrySubtract(-right, out var subtracted) == fits && subtracted == added
                && left.CompareTo(right) == left.Nanos.CompareTo(right.Nanos)
                && (left < right) == !(left >= right) && (left > right) == !(left <= right)
                && Amount.Min(left, right) <= Amount.Max(left, right);
        });

    [Fact]
    public void Leaving_the_range_throws()
    {
        Assert.Throws<OverflowException>(() => Amount.MaxValue + Amount.FromNanos(1));
        Assert.Throws<OverflowException>(() => Amount.MinValue - Amount.FromNanos(1));
        Assert.Throws<OverflowException>(() => Amount.FromNanos(Amount.MaxNanos + 1));
        Assert.Throws<OverflowException>(() => Amount.FromWhole(1_000_000_000_000_000_000));
        Assert.Throws<FormatException>(() => Amount.Parse("a lot"));
        Assert.False(Amount.TryParse(null, out _));
    }

    [Fact]
    public void The_default_is_zero()
    {
        Assert.Equal(Amount.Zero, default);
        Assert.True(default(Amount).IsZero);
        Assert.False(default(Amount).IsPositive);
        Assert.Equal("0", default(Amount).ToString());
    }

    [Fact]
    public void Formatting_refuses_a_span_that_is_too_short()
    {
        var amount = Amount.Parse("-123456.789");
        Span<byte> utf8 = stackalloc byte[Amount.MaxLength];
        for (var length = 0; length < 11; length++)
        {
            Assert.False(amount.TryFormat(utf8[..length], out var none));
            Assert.Equal(0, none);
        }

        Assert.True(amount.TryFormat(utf8[..11], out var written));
        Assert.Equal("-123456.789", Encoding.ASCII.GetString(utf8[..written]));
    }

    [Fact]
    public void Reading_and_writing_allocate_nothing()
    {
        ReadOnlySpan<byte> text = "523.4567890123456e0"u8;
        Span<byte> utf8 = stackalloc byte[Amount.MaxLength];
        AmountParse.JsonNumber(text, out var amount);
        amount.TryFormat(utf8, out _);
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 1_000; i++)
        {
            AmountParse.JsonNumber(text, out amount);
            AmountParse.JsonNumber("2048"u8, out amount);
            AmountParse.Text("0.01"u8, out amount);
            amount.TryFormat(utf8, out _);
        }

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    private static BigInteger Rounded(BigInteger dividend, BigInteger divisor)
    {
        var floor = BigInteger.DivRem(dividend, divisor, out var remainder);
        var comparison = (remainder * 2).CompareTo(divisor);
        return comparison > 0 || (comparison == 0 && !floor.IsEven) ? floor + 1 : floor;
    }
}
