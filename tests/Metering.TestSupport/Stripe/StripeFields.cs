using System.Globalization;
using System.Net;
using System.Text.Json.Nodes;

namespace Metering.TestSupport.Stripe;

/// <summary>The fields of a request, each of which somebody must have asked for in the end: a member that Stripe does not have is
/// refused.</summary>
internal sealed class StripeFields
{
    private readonly Dictionary<string, string> fields = new(StringComparer.Ordinal);
    private readonly HashSet<string> unread;

    public StripeFields(string encoded)
    {
        foreach (string pair in encoded.Split('&', StringSplitOptions.RemoveEmptyEntries))
        {
            string[] parts = pair.Split('=', 2);
            fields[WebUtility.UrlDecode(parts[0])] = WebUtility.UrlDecode(parts.Length > 1 ? parts[1] : "");
        }

        unread = [.. fields.Keys];
    }

    public string? Text(string name)
    {
        unread.Remove(name);
        return fields.GetValueOrDefault(name);
    }

    public string Required(string name) =>
        Text(name) ?? throw StripeRefusal.Invalid($"Missing required param: {name}.", "parameter_missing");

    public long? Number(string name) => Text(name) is not { } text ? null
        : long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long number) ? number
        : throw StripeRefusal.Invalid($"Invalid integer: {name}", "parameter_invalid_integer");

    public bool Flag(string name) => Text(name) switch
    {
        null or "false" => false,
        "true" => true,
        _ => throw StripeRefusal.Invalid($"Invalid boolean: {name}"),
    };

    public JsonObject Metadata()
    {
        var metadata = new JsonObject();
        foreach ((string name, string value) in fields.Where(field => field.Key.StartsWith("metadata[", StringComparison.Ordinal)))
        {
            unread.Remove(name);
            if (value.Length > 500)
                throw StripeRefusal.Invalid("Metadata values must be at most 500 characters.");
            metadata[name["metadata[".Length..^1]] = value;
        }

        return metadata;
    }

    public void RefuseUnread()
    {
        if (unread.Count > 0)
            throw StripeRefusal.Invalid($"Received unknown parameter: {string.Join(", ", unread)}", "parameter_unknown");
    }
}
