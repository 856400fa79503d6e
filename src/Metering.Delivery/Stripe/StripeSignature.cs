using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Metering.Delivery.Stripe;

/// <summary>
/// The header <c>Stripe-Signature</c>: <c>t=</c> seconds since 1970, and one <c>v1=</c> for each secret in use, the HMAC-SHA256 in hex of
/// the time, a point and the body. Source: https://docs.stripe.com/webhooks/signatures.
/// </summary>
internal static class StripeSignature
{
    private const int HeaderMax = 4096;
    private const int HexLength = 2 * HMACSHA256.HashSizeInBytes;

    /// <summary>Whether a body was signed with one of our secrets, not too long ago nor ahead. Takes as long for a wrong signature as for
    /// a right one.</summary>
    public static bool IsValid(
        string? header, ReadOnlySpan<byte> body, IReadOnlyList<string> secrets, DateTimeOffset now, TimeSpan tolerance)
    {
        if (header is null || header.Length > HeaderMax || !TryRead(header, out string time, out List<byte[]> signatures)
            || !long.TryParse(time, NumberStyles.None, CultureInfo.InvariantCulture, out long seconds)
            || Math.Abs((decimal)now.ToUnixTimeSeconds() - seconds) > (decimal)tolerance.TotalSeconds)
            return false;
        bool valid = false;
        foreach (string secret in secrets)
        {
            byte[] expected = Compute(secret, time, body);
            foreach (byte[] signature in signatures)
                valid |= CryptographicOperations.FixedTimeEquals(expected, signature);
        }

        return valid;
    }

    /// <summary>The signature, as hex in ASCII.</summary>
    public static byte[] Compute(string secret, string time, ReadOnlySpan<byte> body)
    {
        using var hash = IncrementalHash.CreateHMAC(HashAlgorithmName.SHA256, Encoding.UTF8.GetBytes(secret));
        hash.AppendData(Encoding.ASCII.GetBytes(time));
        hash.AppendData("."u8);
        hash.AppendData(body);
        return Encoding.ASCII.GetBytes(Convert.ToHexStringLower(hash.GetHashAndReset()));
    }

    private static bool TryRead(string header, out string time, out List<byte[]> signatures)
    {
        time = "";
        signatures = [];
        foreach (string item in header.Split(','))
        {
            int equals = item.IndexOf('=', StringComparison.Ordinal);
            if (equals < 0)
                return false;
            ReadOnlySpan<char> name = item.AsSpan(0, equals).Trim();
            string value = item[(equals + 1)..].Trim();
            if (name is "t" && time.Length == 0)
                time = value;
            else if (name is "t")
                return false;
            // Other schemes, such as the v0 of test events, prove nothing.
            else if (name is "v1" && value.Length == HexLength)
                signatures.Add(Encoding.ASCII.GetBytes(value));
        }

        return time.Length > 0 && signatures.Count > 0;
    }
}
