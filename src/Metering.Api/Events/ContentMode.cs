using Microsoft.AspNetCore.Http;

namespace Metering.Api.Events;

/// <summary>How a request carries its events.</summary>
internal enum ContentMode
{
    /// <summary>By a media type that is none of ours: 415.</summary>
    Unsupported = 0,

    /// <summary>As JSON in the body.</summary>
    Structured = 1,

    /// <summary>One event, its attributes in headers.</summary>
    Binary = 2,
}

/// <summary>Tells the content mode from the headers.</summary>
internal static class ContentModes
{
    /// <summary>CloudEvents media types say structured; plain JSON is binary mode where a <c>ce-specversion</c> header is there.</summary>
    public static ContentMode Of(HttpRequest request)
    {
        ReadOnlySpan<char> type = request.ContentType;
        ReadOnlySpan<char> parameters = default;
        int semicolon = type.IndexOf(';');
        if (semicolon >= 0)
        {
            parameters = type[(semicolon + 1)..];
            type = type[..semicolon];
        }

        type = type.Trim();
        if (!IsUtf8(parameters))
            return ContentMode.Unsupported;
        if (Is(type, "application/cloudevents+json") || Is(type, "application/cloudevents-batch+json"))
            return ContentMode.Structured;
        bool isBinary = request.Headers.ContainsKey("ce-specversion") || request.Headers.ContainsKey("ce-id");
        if (type.IsEmpty && isBinary)
            return ContentMode.Binary;
        if (!Is(type, "application/json"))
            return ContentMode.Unsupported;
        return isBinary ? ContentMode.Binary : ContentMode.Structured;
    }

    private static bool Is(ReadOnlySpan<char> type, string name) => type.Equals(name, StringComparison.OrdinalIgnoreCase);

    private static bool IsUtf8(ReadOnlySpan<char> parameters)
    {
        int at = parameters.IndexOf("charset=", StringComparison.OrdinalIgnoreCase);
        if (at < 0)
            return true;
        ReadOnlySpan<char> charset = parameters[(at + "charset=".Length)..];
        int end = charset.IndexOf(';');
        charset = (end < 0 ? charset : charset[..end]).Trim().Trim('"');
        return Is(charset, "utf-8") || Is(charset, "utf8") || Is(charset, "us-ascii");
    }
}
