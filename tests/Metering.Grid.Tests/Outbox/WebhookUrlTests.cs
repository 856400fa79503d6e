using System.Net;
using Metering.Grid.Webhooks;

namespace Metering.Grid.Tests.Outbox;

public sealed class WebhookUrlTests
{
    [Theory]
    [InlineData("8.8.8.8", true)]
    [InlineData("2606:4700:4700::1111", true)]
    [InlineData("::ffff:8.8.8.8", true)]
    [InlineData("0.0.0.0", false)]
    [InlineData("10.1.2.3", false)]
    [InlineData("100.64.0.1", false)]
    [InlineData("100.128.0.1", true)]
    [InlineData("127.255.0.1", false)]
    [InlineData("169.254.169.254", false)]
    [InlineData("172.15.0.1", true)]
    [InlineData("172.31.255.255", false)]
    [InlineData("172.32.0.1", true)]
    [InlineData("192.168.0.1", false)]
    [InlineData("198.19.0.1", false)]
    [InlineData("224.0.0.1", false)]
    [InlineData("255.255.255.255", false)]
    [InlineData("::", false)]
    [InlineData("::1", false)]
    [InlineData("::ffff:10.0.0.1", false)]
    [InlineData("::10.0.0.1", false)]
    [InlineData("64:ff9b::a00:1", false)]
    [InlineData("fc00::1", false)]
    [InlineData("fe80::1", false)]
    [InlineData("ff02::1", false)]
    [InlineData("2001:db8::1", false)]
    [InlineData("2001:0:a00:1::", false)]
    [InlineData("2002:a00:1::", false)]
    public void Only_addresses_of_the_internet_are_public(string address, bool isPublic) =>
        Assert.Equal(isPublic, PublicAddress.Is(IPAddress.Parse(address)));

    [Theory]
    [InlineData("https://example.com/hook?a=b", true, true)]
    [InlineData("https://example.com:8443", true, true)]
    [InlineData("http://example.com/", false, true)]
    [InlineData("https://10.0.0.1/", false, true)]
    [InlineData("https://0x7f.1/", false, true)]
    [InlineData("https://localhost/", false, true)]
    [InlineData("https://[fd00::1]/", false, true)]
    [InlineData("https://user:secret@example.com/", false, false)]
    [InlineData("https://example.com/#part", false, false)]
    [InlineData("ftp://example.com/", false, false)]
    [InlineData("/hook", false, false)]
    [InlineData("https://", false, false)]
    [InlineData("nonsense", false, false)]
    public void Url_is_https_to_a_public_host_unless_others_are_allowed(string url, bool isTaken, bool isTakenPrivately)
    {
        Assert.Equal(isTaken, WebhookUrl.FaultOf(url, allowPrivate: false, out Uri? read) is null);
        Assert.Equal(isTaken, read is not null);
        Assert.Equal(isTakenPrivately, WebhookUrl.FaultOf(url, allowPrivate: true, out _) is null);
    }

    [Fact]
    public void Url_has_a_bound() =>
        Assert.NotNull(WebhookUrl.FaultOf("https://example.com/" + new string('x', WebhookUrl.MaxLength), allowPrivate: true, out _));
}
