using System.Text.Json;

namespace Metering.Delivery.Stripe;

/// <summary>What kind of answer came.</summary>
internal enum StripeOutcome
{
    /// <summary>A 2xx.</summary>
    Ok = 0,

    /// <summary>402: the payment was refused.</summary>
    CardDeclined = 1,

    /// <summary>404: there is no such thing.</summary>
    NotFound = 2,

    /// <summary>400 and other 4xx: Stripe does not take this request, now or later.</summary>
    InvalidRequest = 3,

    /// <summary>400 <c>idempotency_error</c>: the key was used for another body.</summary>
    KeyReused = 4,

    /// <summary>401 or 403: the secret key is wrong or may not do this.</summary>
    Unauthorized = 5,

    /// <summary>No answer, 409, 429 or 5xx after all retries: whether it was done is not known.</summary>
    Away = 6,
}

/// <summary>An answer of Stripe, or that there was none.</summary>
/// <param name="Outcome">Which kind.</param>
/// <param name="Body">The object answered, or of an error the member <c>error</c>; undefined where nothing readable came.</param>
/// <param name="Reason">For a person, of what was not done.</param>
internal sealed record StripeReply(StripeOutcome Outcome, JsonElement Body, string Reason)
{
    public bool IsOk => Outcome == StripeOutcome.Ok;
}

/// <summary>Reads members of Stripe's objects; what is absent, null or of another kind is null.</summary>
internal static class StripeJson
{
    public static string? Text(this JsonElement value, string name) =>
        value.Member(name) is { ValueKind: JsonValueKind.String } text ? text.GetString() : null;

    public static long? Number(this JsonElement value, string name) =>
        value.Member(name) is { ValueKind: JsonValueKind.Number } number && number.TryGetInt64(out long found) ? found : null;

    public static bool IsTrue(this JsonElement value, string name) => value.Member(name) is { ValueKind: JsonValueKind.True };

    public static JsonElement? Member(this JsonElement value, string name) =>
        value.ValueKind == JsonValueKind.Object && value.TryGetProperty(name, out JsonElement member) ? member : null;

    /// <summary>The id of something that is named by its id, or given whole.</summary>
    public static string? IdOf(this JsonElement value, string name) => value.Member(name) switch
    {
        { ValueKind: JsonValueKind.String } id => id.GetString(),
        { ValueKind: JsonValueKind.Object } whole => whole.Text("id"),
        _ => null,
    };

    public static string? Metadata(this JsonElement value, string name) => value.Member("metadata")?.Text(name);
}
