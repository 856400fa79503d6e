using Metering.Delivery.Mail;

namespace Metering.Delivery.Tests.Mail;

public sealed class MailAddressTests
{
    [Theory]
    [InlineData("a@b", "a@b")]
    [InlineData(" first.last+tag@Example.COM ", "first.last+tag@example.com")]
    [InlineData("o'neil@example.com", "o'neil@example.com")]
    [InlineData("ap@bücher.example", "ap@xn--bcher-kva.example")]
    public void Address_is_taken(string text, string address)
    {
        Assert.True(MailAddress.TryParse(text, out MailAddress? parsed));
        Assert.Equal(address, parsed.Address);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("nobody")]
    [InlineData("@example.com")]
    [InlineData("a@")]
    [InlineData("a b@example.com")]
    [InlineData("a..b@example.com")]
    [InlineData("\"a b\"@example.com")]
    [InlineData("a@example.com, b@example.com")]
    [InlineData("a@example.com>\r\nRCPT TO:<b@example.com")]
    [InlineData("a@example.com\r\nBcc: b@example.com")]
    [InlineData("a\r\nb@example.com")]
    [InlineData("<a@example.com>")]
    [InlineData("a@exa mple.com")]
    [InlineData("a@[127.0.0.1]")]
    public void What_is_no_plain_address_is_refused(string? text) => Assert.False(MailAddress.TryParse(text, out _));
}
