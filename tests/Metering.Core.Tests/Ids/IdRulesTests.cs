using System.Text;
using FsCheck.Fluent;
using Metering.Core.Ids;

namespace Metering.Core.Tests.Ids;

public sealed class IdRulesTests
{
    [Theory]
    [InlineData("c1", true)]
    [InlineData("org/équipe 7", true)]
    [InlineData("😀", true)]
    [InlineData("", false)]
    [InlineData(null, false)]
    [InlineData("a\nb", false)]
    [InlineData("a\0", false)]
    [InlineData("\u007f", false)]
    [InlineData("\u0085", false)]
    [InlineData("\ud800", false)]
    public void An_id_is_text_without_control_characters(string? text, bool valid)
    {
        Assert.Equal(valid, CustomerId.TryCreate(text, out var id));
        Assert.Equal(!valid, id.IsDefault);
        if (valid)
            Assert.Equal(text, id.Value);
        else
            Assert.Throws<FormatException>(() => CustomerId.Parse(text!));
    }

    [Fact]
    public void An_id_has_at_most_256_bytes()
    {
        Assert.True(IdRules.IsValid(new string('é', 128)));
        Assert.False(IdRules.IsValid(new string('é', 129)));
        Assert.True(IdRules.IsValid(Encoding.UTF8.GetBytes(new string('x', 256))));
        Assert.False(IdRules.IsValid(Encoding.UTF8.GetBytes(new string('x', 257))));
        Assert.False(IdRules.IsValid(ReadOnlySpan<byte>.Empty));
        Assert.False(IdRules.IsValid([0x61, 0xC3]));
        Assert.False(IdRules.IsValid([0xC2, 0x85]));
        Assert.True(IdRules.IsValid("é"u8));
    }

    [Fact]
    public void Characters_and_bytes_are_judged_alike() =>
        Check.Holds(Gen.Choose(0, 0x10FFFF).Where(Rune.IsValid).ArrayOf(), codes =>
        {
            var text = string.Concat(codes.Select(code => new Rune(code).ToString()));
            return IdRules.IsValid(text) == IdRules.IsValid(Encoding.UTF8.GetBytes(text));
        });

    [Fact]
    public void Ids_compare_by_their_bytes_and_the_default_has_no_value()
    {
        Assert.Equal(MeterId.Parse("a"), MeterId.Parse("a"));
        Assert.NotEqual(MeterId.Parse("a"), MeterId.Parse("A"));
        Assert.True(MeterId.Parse("B").CompareTo(MeterId.Parse("a")) < 0);
        Assert.Equal("", default(MeterId).ToString());
        Assert.Throws<InvalidOperationException>(() => default(MeterId).Value);
    }
}
