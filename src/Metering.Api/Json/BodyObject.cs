using Metering.Api.Problems;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;
using Metering.Core.Ids;
using Metering.Core.Money;
using Metering.Core.Time;

namespace Metering.Api.Json;

/// <summary>
/// Reads the members of a request body by name and notes every fault with its field, so that a caller learns of all at once. A member that
/// is absent or null gives null; one that nobody asked for is a fault at <see cref="Close"/>.
/// </summary>
public sealed class BodyObject
{
    private readonly Dictionary<string, JsonElement> members = new(StringComparer.Ordinal);
    private readonly HashSet<string> asked = new(StringComparer.Ordinal);

    /// <summary>Opens the root of a body; one that is no object gives a fault and no members.</summary>
    public BodyObject(JsonElement root, List<FieldError> faults)
    {
        Faults = faults;
        if (root.ValueKind != JsonValueKind.Object)
        {
            faults.Add(new FieldError(null, "", "Must be an object."));
            return;
        }

        foreach (var member in root.EnumerateObject())
            members[member.Name] = member.Value;
    }

    /// <summary>What is wrong so far.</summary>
    public List<FieldError> Faults { get; }

    /// <summary>Notes a fault.</summary>
    public void Fault(string field, string message) => Faults.Add(new FieldError(null, field, message));

    /// <summary>A member, or null where it is absent or null.</summary>
    public JsonElement? Element(string name)
    {
        asked.Add(name);
        return members.TryGetValue(name, out var element) && element.ValueKind != JsonValueKind.Null ? element : null;
    }

    /// <summary>A string of 1 to <paramref name="maxLength"/> characters without control characters.</summary>
    public string? Text(string name, bool required = false, int maxLength = 256)
    {
        if (Element(name) is not { } element)
        {
            if (required)
                Fault(name, "Is required.");
            return null;
        }

        if (element.ValueKind != JsonValueKind.String)
            Fault(name, "Must be a string.");
        else if (element.GetString() is not { Length: > 0 } text || text.Length > maxLength || text.Any(char.IsControl))
            Fault(name, $"Must have 1 to {maxLength} characters and no control characters.");
        else
            return text;
        return null;
    }

    /// <summary>An id by the rules of <see cref="IdRules"/>.</summary>
    public string? Id(string name, bool required = false)
    {
        if (Text(name, required) is not { } text)
            return null;
        // A path with such a segment is another path, also when it is escaped (RFC 3986, section 5.2.4).
        if (text is "." or "..")
            Fault(name, "Must not be '.' or '..': no path would lead to it.");
        else if (IdRules.IsValid(text))
            return text;
        else
            Fault(name, $"Must be {IdRules.Description}.");
        return null;
    }

    /// <summary>One of a set of words.</summary>
    public T? Word<T>(string name, IReadOnlyList<(string Word, T Value)> words, bool required = false)
        where T : struct
    {
        if (Text(name, required) is not { } text)
            return null;
        foreach (var (word, value) in words)
        {
            if (word == text)
                return value;
        }

        Fault(name, $"Must be one of {string.Join(", ", words.Select(pair => pair.Word))}.");
        return null;
    }

    /// <summary>An amount, as a string or a number. A number is rounded half to even to the ninth decimal; a string with more is a
    /// fault.</summary>
    public Amount? Amount(string name, bool required = false)
    {
        if (Element(name) is not { } element)
        {
            if (required)
                Fault(name, "Is required.");
            return null;
        }

        Amount amount = default;
        var status = element.ValueKind switch
        {
            JsonValueKind.Number => AmountParse.JsonNumber(JsonMarshal.GetRawUtf8Value(element), out amount),
            JsonValueKind.String => AmountParse.Text(Encoding.UTF8.GetBytes(element.GetString()!), out amount),
            _ => ParseStatus.Malformed,
        };
        if (status == ParseStatus.Ok)
            return amount;
        Fault(name, status switch
        {
            ParseStatus.OutOfRange => "Has more than 18 digits before the point.",
            ParseStatus.TooPrecise => "Has more than 9 digits after the point.",
            _ => "Must be a decimal, as a string or a number.",
        });
        return null;
    }

    /// <summary>An amount above zero.</summary>
    public Amount? PositiveAmount(string name, bool required = false)
    {
        if (Amount(name, required) is not { } amount)
            return null;
        if (amount.IsPositive)
            return amount;
        Fault(name, "Must be more than 0.");
        return null;
    }

    /// <summary>A whole number from <paramref name="min"/> to <paramref name="max"/>.</summary>
    public int? Whole(string name, int min, int max, bool required = false)
    {
        if (Element(name) is not { } element)
        {
            if (required)
                Fault(name, "Is required.");
            return null;
        }

        if (element.ValueKind == JsonValueKind.Number && element.TryGetInt32(out var value) && value >= min && value <= max)
            return value;
        Fault(name, $"Must be a whole number from {min} to {max}.");
        return null;
    }

    /// <summary><c>true</c> or <c>false</c>.</summary>
    public bool? Flag(string name)
    {
        if (Element(name) is not { } element)
            return null;
        if (element.ValueKind is JsonValueKind.True or JsonValueKind.False)
            return element.GetBoolean();
        Fault(name, "Must be true or false.");
        return null;
    }

    /// <summary>A point in time by RFC 3339.</summary>
    public Instant? Time(string name)
    {
        if (Element(name) is not { } element)
            return null;
        if (element.ValueKind == JsonValueKind.String && Instant.TryParseRfc3339(element.GetString(), out var instant))
            return instant;
        Fault(name, "Must be a time by RFC 3339, such as 2025-01-17T14:30:00Z.");
        return null;
    }

    /// <summary>An array of strings, each with its field name; null where it is absent.</summary>
    public IReadOnlyList<(string Field, string Value)>? Texts(string name, int maxCount, bool required = false)
    {
        if (Element(name) is not { } element)
        {
            if (required)
                Fault(name, "Is required.");
            return null;
        }

        if (element.ValueKind != JsonValueKind.Array || element.GetArrayLength() > maxCount)
        {
            Fault(name, $"Must be an array of at most {maxCount} strings.");
            return null;
        }

        var texts = new List<(string, string)>();
        var index = 0;
        foreach (var item in element.EnumerateArray())
        {
            var field = $"{name}[{index++}]";
            if (item.ValueKind == JsonValueKind.String && IdRules.IsValid(item.GetString()))
                texts.Add((field, item.GetString()!));
            else
                Fault(field, $"Must be a string of {IdRules.Description}.");
        }

        return texts;
    }

    /// <summary>Notes every member that nobody asked for.</summary>
    public void Close()
    {
        foreach (var name in members.Keys)
        {
            if (!asked.Contains(name))
                Fault(name, "Is not known here.");
        }
    }
}
