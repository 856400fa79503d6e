using System.Globalization;
using System.Text.Json;
using Microsoft.AspNetCore.Http;

namespace Metering.Api.Problems;

/// <summary>
/// An error answer: <c>application/problem+json</c> (RFC 9457) with <c>type</c>, <c>title</c>, <c>status</c>, <c>detail</c>, <c>code</c>
/// and, for bad input, <c>errors</c>. On paths of earlier clients it also carries <c>error</c>, <c>message</c> and <c>details</c>.
/// </summary>
public sealed class Problem : IResult, IStatusCodeHttpResult, IContentTypeHttpResult
{
    /// <summary>The media type of every error.</summary>
    public const string MediaType = "application/problem+json";

    /// <summary>Seconds a caller should wait where nothing better is known.</summary>
    public const int DefaultRetrySeconds = 1;

    private static readonly JsonWriterOptions WriterOptions = new() { SkipValidation = true };

    private Problem(ProblemKind kind, string detail, IReadOnlyList<FieldError> errors)
    {
        Kind = kind;
        Detail = detail;
        Errors = errors;
    }

    /// <summary>Code, status and title.</summary>
    public ProblemKind Kind { get; }

    /// <summary>What happened this time, as a sentence.</summary>
    public string Detail { get; }

    /// <summary>What is wrong with the input; may be empty.</summary>
    public IReadOnlyList<FieldError> Errors { get; }

    /// <summary>Sent as <c>Retry-After</c> where set; a 503 or <c>rate_limited</c> without it says
    /// <see cref="DefaultRetrySeconds"/>.</summary>
    public int? RetryAfterSeconds { get; init; }

    /// <summary>Writes further members into the problem; null for none.</summary>
    public Action<Utf8JsonWriter>? Members { get; init; }

    /// <inheritdoc />
    public int? StatusCode => Kind.Status;

    /// <inheritdoc />
    public string? ContentType => MediaType;

    /// <summary>A problem by its code.</summary>
    /// <param name="code">A code of <see cref="ProblemCodes"/>.</param>
    /// <param name="detail">What happened; the title where null.</param>
    /// <param name="errors">What is wrong with the input.</param>
    public static Problem From(string code, string? detail = null, IReadOnlyList<FieldError>? errors = null)
    {
        ProblemKind kind = ProblemCodes.Find(code);
        return new Problem(kind, detail ?? kind.Title + ".", errors ?? []);
    }

    /// <summary>A problem with further members.</summary>
    internal static Problem With(string code, string detail, Action<Utf8JsonWriter> members) =>
        new(ProblemCodes.Find(code), detail, []) { Members = members };

    /// <summary>A <c>rate_limited</c> problem.</summary>
    internal static Problem TooManyRequests(long limit, int resetSeconds, string whose) => new(
        ProblemCodes.Find(ProblemCodes.RateLimited), $"More than {limit} requests {whose}; try again in {resetSeconds} s.", [])
    {
        RetryAfterSeconds = resetSeconds,
    };

    /// <inheritdoc />
    public async Task ExecuteAsync(HttpContext httpContext)
    {
        HttpResponse response = httpContext.Response;
        response.StatusCode = Kind.Status;
        response.ContentType = MediaType;
        int? seconds = RetryAfterSeconds ?? (Kind.Code is ProblemCodes.RateLimited || Kind.Status == 503 ? DefaultRetrySeconds : null);
        if (seconds is not null)
            response.Headers.RetryAfter = seconds.Value.ToString(CultureInfo.InvariantCulture);
        if (Kind.Status == StatusCodes.Status401Unauthorized)
            response.Headers.WWWAuthenticate = "Bearer";
        using (var writer = new Utf8JsonWriter(response.BodyWriter, WriterOptions))
            Write(writer, LegacyShape.AppliesTo(httpContext.Request.Path));
        await response.BodyWriter.FlushAsync(httpContext.RequestAborted);
    }

    private void Write(Utf8JsonWriter writer, bool legacy)
    {
        writer.WriteStartObject();
        writer.WriteString("type"u8, "about:blank"u8);
        writer.WriteString("title"u8, Kind.Title);
        writer.WriteNumber("status"u8, Kind.Status);
        writer.WriteString("detail"u8, Detail);
        writer.WriteString("code"u8, Kind.Code);
        if (Errors.Count > 0)
            WriteErrors(writer, "errors");
        if (legacy)
        {
            writer.WriteString("error"u8, LegacyShape.ErrorOf(Kind.Code));
            writer.WriteString("message"u8, Detail);
            WriteErrors(writer, "details");
        }

        Members?.Invoke(writer);
        writer.WriteEndObject();
    }

    private void WriteErrors(Utf8JsonWriter writer, string name)
    {
        writer.WriteStartArray(name);
        foreach (FieldError error in Errors)
        {
            writer.WriteStartObject();
            if (error.Index is { } index)
                writer.WriteNumber("index"u8, index);
            writer.WriteString("field"u8, error.Field);
            writer.WriteString("message"u8, error.Message);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
    }
}
