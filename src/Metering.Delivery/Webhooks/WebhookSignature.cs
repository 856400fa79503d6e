using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Metering.Core.Time;

namespace Metering.Delivery.Webhooks;

/// <summary>
/// <c>Metering-Signature: t=UNIX,v1=HEX[,v1=HEX]</c>: for each valid secret the HMAC-SHA-256 (RFC 2104) of <c>UNIX.BODY</c> under the UTF-8
/// bytes of the secret, in lower-case hexadecimal digits. The time is when it was sent, so that a receiver can refuse what somebody has
/// recorded and sends again.
/// </summary>
public static class WebhookSignature
{
    /// <summary>The header.</summary>
    public const string Header = "Metering-Signature";

    private const int ElementsMax = 16;

    /// <summary>The value of the header.</summary>
    /// <param name="secrets">Every valid secret.</param>
    /// <param name="at">When it is sent; whole seconds count.</param>
    /// <param name="body">The body as it is sent.</param>
    public static string Sign(IEnumerable<string> secrets, Instant at, ReadOnlySpan<byte> body)
    {
        string time = Seconds(at).ToString(CultureInfo.InvariantCulture);
        var text = new StringBuilder("t=").Append(time);
        foreach (string secret in secrets)
            text.Append(",v1=").Append(Convert.ToHexStringLower(Hash(secret, time, body)));
        return text.ToString();
    }

    /// <summary>Whether a header is the signature of a body: what a receiver does.</summary>
    /// <param name="header">The value of the header.</param>
    /// <param name="body">The body as it arrived, byte for byte.</param>
    /// <param name="secret">The receiver's secret.</param>
    /// <param name="now">The receiver's time.</param>
    /// <param name="tolerance">How far the time in the header may be from that, to either side.</param>
    public static bool Verify(string header, ReadOnlySpan<byte> body, string secret, Instant now, TimeSpan tolerance)
    {
        string? time = null;
        var signatures = new List<byte[]>();
        foreach (string element in header.Split(',', ElementsMax))
        {
            string value = element[(element.IndexOf('=', StringComparison.Ordinal) + 1)..];
            if (element.StartsWith("t=", StringComparison.Ordinal))
                time = value;
            else if (element.StartsWith("v1=", StringComparison.Ordinal) && value.Length == 2 * SHA256.HashSizeInBytes
                && value.All(char.IsAsciiHexDigit))
                signatures.Add(Convert.FromHexString(value));
        }

        if (time is null || !long.TryParse(time, NumberStyles.None, CultureInfo.InvariantCulture, out long seconds)
            || Int128.Abs((Int128)seconds - Seconds(now)) > (long)tolerance.TotalSeconds)
            return false;
        byte[] expected = Hash(secret, time, body);
        bool isFound = false;
        foreach (byte[] signature in signatures)
            isFound |= CryptographicOperations.FixedTimeEquals(signature, expected);
        return isFound;
    }

    private static long Seconds(Instant at) => at.UnixMicroseconds / Instant.MicrosecondsPerSecond;

    private static byte[] Hash(string secret, string time, ReadOnlySpan<byte> body)
    {
        using var hash = IncrementalHash.CreateHMAC(HashAlgorithmName.SHA256, Encoding.UTF8.GetBytes(secret));
        hash.AppendData(Encoding.ASCII.GetBytes(time));
        hash.AppendData("."u8);
        hash.AppendData(body);
        return hash.GetHashAndReset();
    }
}
