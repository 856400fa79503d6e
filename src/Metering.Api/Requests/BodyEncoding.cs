using Metering.Api.Problems;
using Microsoft.AspNetCore.Http;

namespace Metering.Api.Requests;

/// <summary>Bodies come as they are: none is decompressed, so that its length bounds what it holds.</summary>
internal static class BodyEncoding
{
    /// <summary>What to answer a body with a <c>Content-Encoding</c>, or null.</summary>
    public static Problem? Refusal(HttpRequest request)
    {
        string? encoding = request.Headers.ContentEncoding;
        return string.IsNullOrEmpty(encoding) || encoding.Equals("identity", StringComparison.OrdinalIgnoreCase)
            ? null
            : Problem.From(ProblemCodes.UnsupportedMediaType, "Send the body as it is: no Content-Encoding is supported.");
    }
}
