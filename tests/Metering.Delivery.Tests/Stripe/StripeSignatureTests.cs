using System.Text;
using Metering.Delivery.Stripe;

namespace Metering.Delivery.Tests.Stripe;

public sealed class StripeSignatureTests
{
    private const string Secret = "whsec_test_secret";
    private const string Time = "1492774577";
    private const string Zeros = "0000000000000000000000000000000000000000000000000000000000000000";

    // Computed with: printf '%s' '1492774577.{"id":"evt_1"}' | openssl dgst -sha256 -hmac whsec_test_secret
    private const string Signature = "799c4ba7bb339f3c8601adfd112f0e477c930a268be1243d341abb8286501c2f";

    private static readonly byte[] Body = "{\"id\":\"evt_1\"}"u8.ToArray();
    private static readonly DateTimeOffset Now = DateTimeOffset.FromUnixTimeSeconds(1492774577);

    [Fact]
    public void Known_body_and_secret_give_the_known_signature() =>
        Assert.Equal(Signature, Encoding.ASCII.GetString(StripeSignature.Compute(Secret, Time, Body)));

    [Theory]
    [InlineData("t=1492774577,v1=799c4ba7bb339f3c8601adfd112f0e477c930a268be1243d341abb8286501c2f")]
    [InlineData("t=1492774577, v1=799c4ba7bb339f3c8601adfd112f0e477c930a268be1243d341abb8286501c2f, v0=6ffbb59b2300aae63f2724")]
    [InlineData($"t=1492774577,v1={Zeros},v1=799c4ba7bb339f3c8601adfd112f0e477c930a268be1243d341abb8286501c2f")]
    public void Signature_of_one_of_several_secrets_is_enough(string header) =>
        Assert.True(StripeSignature.IsValid(header, Body, ["whsec_other", Secret], Now, TimeSpan.FromMinutes(5)));

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("t=1492774577")]
    [InlineData("v1=799c4ba7bb339f3c8601adfd112f0e477c930a268be1243d341abb8286501c2f")]
    [InlineData("t=,v1=799c4ba7bb339f3c8601adfd112f0e477c930a268be1243d341abb8286501c2f")]
    [InlineData("t=1492774577,v0=799c4ba7bb339f3c8601adfd112f0e477c930a268be1243d341abb8286501c2f")]
    [InlineData("t=1492774578,v1=799c4ba7bb339f3c8601adfd112f0e477c930a268be1243d341abb8286501c2f")]
    [InlineData("t=01492774577,v1=799c4ba7bb339f3c8601adfd112f0e477c930a268be1243d341abb8286501c2f")]
    [InlineData("t=1492774577,t=1492774577,v1=799c4ba7bb339f3c8601adfd112f0e477c930a268be1243d341abb8286501c2f")]
    [InlineData("t=1492774577,v1=799c4ba7bb339f3c8601adfd112f0e477c930a268be1243d341abb8286501c2f0")]
    [InlineData("t=1492774577,v1=799C4BA7BB339F3C8601ADFD112F0E477C930A268BE1243D341ABB8286501C2F")]
    [InlineData("t=99999999999999999999,v1=799c4ba7bb339f3c8601adfd112f0e477c930a268be1243d341abb8286501c2f")]
    [InlineData("nonsense")]
    public void Any_other_header_is_refused(string? header) =>
        Assert.False(StripeSignature.IsValid(header, Body, [Secret], Now, TimeSpan.FromMinutes(5)));

    [Theory]
    [InlineData(300, true)]
    [InlineData(301, false)]
    [InlineData(-300, true)]
    [InlineData(-301, false)]
    public void Time_may_lie_as_far_from_ours_as_the_tolerance(int seconds, bool valid) =>
        Assert.Equal(valid, StripeSignature.IsValid(
            $"t={Time},v1={Signature}", Body, [Secret], Now.AddSeconds(seconds), TimeSpan.FromMinutes(5)));

    [Fact]
    public void Body_that_differs_by_a_byte_or_another_secret_is_refused()
    {
        byte[] other = [.. Body, (byte)' '];
        Assert.False(StripeSignature.IsValid($"t={Time},v1={Signature}", other, [Secret], Now, TimeSpan.FromMinutes(5)));
        Assert.False(StripeSignature.IsValid($"t={Time},v1={Signature}", Body, ["whsec_other"], Now, TimeSpan.FromMinutes(5)));
        Assert.False(StripeSignature.IsValid($"t={Time},v1={Signature}", Body, [], Now, TimeSpan.FromMinutes(5)));
    }
}
