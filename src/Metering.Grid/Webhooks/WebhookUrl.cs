using System.Diagnostics.CodeAnalysis;
using System.Net;

namespace Metering.Grid.Webhooks;

/// <summary>Which URLs an endpoint may have.</summary>
public static class WebhookUrl
{
    /// <summary>The most characters of a URL.</summary>
    public const int MaxLength = 2048;

    /// <summary>What is wrong with a URL, as a sentence; null where nothing is. What its name resolves to is only known when it is
    /// called.</summary>
    /// <param name="text">The URL.</param>
    /// <param name="allowPrivate">Whether http, and addresses that are not public, are taken.</param>
    /// <param name="url">The URL where nothing is wrong.</param>
    public static string? FaultOf(string text, bool allowPrivate, out Uri? url)
    {
        url = null;
        if (!TryRead(text, out Uri? read))
            return $"Must be an absolute URL of at most {MaxLength} characters, without user, password and fragment.";
        if (read.Scheme != Uri.UriSchemeHttps && !(allowPrivate && read.Scheme == Uri.UriSchemeHttp))
            return "Must begin with https.";
        if (!allowPrivate && IsPrivate(read))
            return "Must not lead to an address that is not public.";
        url = read;
        return null;
    }

    private static bool IsPrivate(Uri url) =>
        url.IsLoopback || (IPAddress.TryParse(url.DnsSafeHost, out IPAddress? address) && !PublicAddress.Is(address));

    private static bool TryRead(string text, [NotNullWhen(true)] out Uri? url) =>
        Uri.TryCreate(text, UriKind.Absolute, out url) && text.Length <= MaxLength && url.DnsSafeHost.Length > 0
        && url.UserInfo.Length == 0 && url.Fragment.Length == 0;
}
