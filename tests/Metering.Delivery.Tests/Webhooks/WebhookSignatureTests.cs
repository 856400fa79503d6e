using System.Text;
using Metering.Core.Time;
using Metering.Delivery.Webhooks;

namespace Metering.Delivery.Tests.Webhooks;

public sealed class WebhookSignatureTests
{
    private static readonly Instant At = Instant.FromUnixMicroseconds(1_737_115_200_999_999);
    private static readonly byte[] Body = Encoding.UTF8.GetBytes("""{"id":"evt_1","type":"alert.raised"}""");
    private static readonly TimeSpan Tolerance = TimeSpan.FromMinutes(5);

    // Made with: printf '1737115200.{"id":"evt_1","type":"alert.raised"}' | openssl dgst -sha256 -hmac whsec_test
    private const string Known = "ed8d75e3cf8999c5d00f1c6526019f48ef018a02d4aa913a4b8d4258627f8249";

    [Fact]
    public void Signature_is_the_one_that_other_programs_make()
    {
        Assert.Equal($"t=1737115200,v1={Known}", WebhookSignature.Sign(["whsec_test"], At, Body));
        string two = WebhookSignature.Sign(["whsec_new", "whsec_test"], At, Body);
        Assert.StartsWith("t=1737115200,v1=", two, StringComparison.Ordinal);
        Assert.EndsWith($",v1={Known}", two, StringComparison.Ordinal);
    }

    [Fact]
    public void Receiver_takes_what_was_signed_with_its_secret_within_the_tolerance()
    {
        string header = WebhookSignature.Sign(["whsec_new", "whsec_test"], At, Body);
        Assert.True(WebhookSignature.Verify(header, Body, "whsec_test", At, Tolerance));
        Assert.True(WebhookSignature.Verify(header, Body, "whsec_new", At + Tolerance, Tolerance));
        Assert.True(WebhookSignature.Verify(header, Body, "whsec_new", At - Tolerance, Tolerance));
        Assert.False(WebhookSignature.Verify(header, Body, "whsec_new", At + Tolerance + TimeSpan.FromSeconds(1), Tolerance));
        Assert.False(WebhookSignature.Verify(header, Body, "whsec_new", At - Tolerance - TimeSpan.FromSeconds(1), Tolerance));
        Assert.False(WebhookSignature.Verify(header, Body, "whsec_other", At, Tolerance));
        Assert.False(WebhookSignature.Verify(header, [.. Body, (byte)' '], "whsec_test", At, Tolerance));
    }

    [Theory]
    [InlineData("")]
    [InlineData("t=1737115200")]
    [InlineData("v1=" + Known)]
    [InlineData("t=1737115201,v1=" + Known)]
    [InlineData("t=-1737115200,v1=" + Known)]
    [InlineData("t=99999999999999999999,v1=" + Known)]
    [InlineData("t=9223372036854775807,v1=" + Known)]
    [InlineData("t=1737115200,v0=" + Known)]
    [InlineData("t=1737115200,v1=zz")]
    [InlineData("t=1737115200,v1=" + Known + "00")]
    public void Header_that_is_none_is_refused(string header) =>
        Assert.False(WebhookSignature.Verify(header, Body, "whsec_test", At, Tolerance));
}
