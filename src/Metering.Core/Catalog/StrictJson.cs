using System.Diagnostics.CodeAnalysis;
using System.Text.Json;

namespace Metering.Core.Catalog;

/// <summary>JSON from outside: at most 16 levels deep, no member twice, and all of its text is Unicode.</summary>
public static class StrictJson
{
    private static readonly JsonDocumentOptions Options = new() { AllowDuplicateProperties = false, MaxDepth = 16 };

    /// <param name="utf8">The JSON; it must stay as it is while the document is used.</param>
    /// <param name="document">The document, to be disposed; every string and name of it can be taken out.</param>
    /// <param name="fault">What is wrong, as a sentence, where the answer is false.</param>
    public static bool TryParse(
        ReadOnlyMemory<byte> utf8, [NotNullWhen(true)] out JsonDocument? document, [NotNullWhen(false)] out string? fault)
    {
        document = null;
        fault = null;
        try
        {
            document = JsonDocument.Parse(utf8, Options);
            DecodeAllText(document.RootElement);
            return true;
        }
        catch (JsonException exception)
        {
            fault = $"Not valid JSON: {exception.Message}";
        }
        catch (InvalidOperationException)
        {
            document?.Dispose();
            document = null;
            fault = "Holds text that is not valid Unicode.";
        }

        return false;
    }

    /// <summary>
    /// Bytes that are no UTF-8, and escapes that are half of a surrogate pair, come to light only when a string is taken out; here, so that
    /// the readers need not expect it.
    /// </summary>
    private static void DecodeAllText(JsonElement element)
    {
        switch (element.ValueKind)
        {
            case JsonValueKind.String:
                element.GetString();
                break;
            case JsonValueKind.Array:
                foreach (var item in element.EnumerateArray())
                    DecodeAllText(item);
                break;
            case JsonValueKind.Object:
                foreach (var member in element.EnumerateObject())
                {
                    _ = member.Name;
                    DecodeAllText(member.Value);
                }

                break;
        }
    }
}
