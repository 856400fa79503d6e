using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.Routing.Patterns;

namespace Metering.Api.Requests;

/// <summary>
/// Ids may have slashes, which come as <c>%2F</c> within a segment of the path. The server decodes every other escape but leaves that
/// one, so that <c>a%2Fb</c> and <c>a%252Fb</c> look the same; the values of the route are taken from the path as it was sent instead.
/// </summary>
internal static class EncodedSlashes
{
    /// <summary>Decodes the values of a request whose route is known; those without an escaped slash stay as they are.</summary>
    public static void Decode(HttpContext context)
    {
        if (context.Request.Path.Value is not { } path || !path.Contains('%', StringComparison.Ordinal))
            return;
        if (context.GetEndpoint() is not RouteEndpoint { RoutePattern: { Parameters.Count: > 0 } pattern })
            return;
        string[] sent = Segments(context.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget);
        // Another count has dot segments, which the server took out.
        if (sent.Length != pattern.PathSegments.Count)
            return;
        for (int i = 0; i < sent.Length; i++)
        {
            if (sent[i].Contains("%2F", StringComparison.OrdinalIgnoreCase)
                && pattern.PathSegments[i].Parts is [RoutePatternParameterPart parameter])
                context.Request.RouteValues[parameter.Name] = Uri.UnescapeDataString(sent[i]);
        }
    }

    /// <summary>The segments of the path, with their escapes.</summary>
    private static string[] Segments(string target)
    {
        ReadOnlySpan<char> path = target;
        // A target may be a whole URL (RFC 9112, section 3.2.2).
        int scheme = path[0] == '/' ? -1 : path.IndexOf("://");
        if (scheme >= 0)
        {
            path = path[(scheme + 3)..];
            path = path[Math.Max(path.IndexOf('/'), 0)..];
        }

        int end = path.IndexOf('?');
        return (end < 0 ? path : path[..end]).Trim('/').ToString().Split('/');
    }
}
