using System.Text.Json;
using Metering.Core.Money;

namespace Metering.Core.Catalog;

/// <summary>
/// Reads the members of one JSON object by name and notes each fault with its path. A member that is absent or null gives the default;
/// one that nobody asked for is a fault at <see cref="Close"/>.
/// </summary>
internal sealed class ObjectReader
{
    private readonly Dictionary<string, JsonElement> _members = new(StringComparer.Ordinal);
    private readonly HashSet<string> _asked = new(StringComparer.Ordinal);

    private ObjectReader(string path, FaultList faults)
    {
        Path = path;
        Faults = faults;
    }

    public string Path { get; }

    public FaultList Faults { get; }

    /// <summary>An element that is no object gives a fault and a reader without members.</summary>
    public static ObjectReader Open(JsonElement element, string path, FaultList faults)
    {
        var reader = new ObjectReader(path, faults);
        if (element.ValueKind != JsonValueKind.Object)
        {
            faults.Add(path, "Must be an object.");
            return reader;
        }

        foreach (var member in element.EnumerateObject())
            reader._members[member.Name] = member.Value;
        return reader;
    }

    public string PathOf(string name) => Path.Length == 0 ? name : $"{Path}.{name}";

    public void Fault(string name, string message) => Faults.Add(PathOf(name), message);

    /// <summary>Whether the member is there, null included.</summary>
    public bool Has(string name) => _members.ContainsKey(name);

    /// <summary>The names of all members, in order; each then counts as asked for.</summary>
    public IReadOnlyList<string> Names() => [.. _members.Keys];

    public JsonElement? Element(string name)
    {
        _asked.Add(name);
        return _members.TryGetValue(name, out var element) && element.ValueKind != JsonValueKind.Null ? element : null;
    }

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

    /// <summary>One of a set of words; null when absent or wrong.</summary>
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

    /// <summary>A string or a number that is not negative.</summary>
    public Amount? Amount(string name, bool required = false)
    {
        if (Element(name) is { } element)
            return AmountJson.Read(element, PathOf(name), Faults);
        if (required)
            Fault(name, "Is required.");
        return null;
    }

    public bool? Flag(string name)
    {
        if (Element(name) is not { } element)
            return null;
        if (element.ValueKind is JsonValueKind.True or JsonValueKind.False)
            return element.GetBoolean();
        Fault(name, "Must be true or false.");
        return null;
    }

    /// <summary>The items of an array with their paths; none when it is absent.</summary>
    public IEnumerable<(JsonElement Item, string Path)> Items(string name)
    {
        if (Element(name) is not { } element)
            return [];
        if (element.ValueKind == JsonValueKind.Array)
            return element.EnumerateArray().Select((item, index) => (item, $"{PathOf(name)}[{index}]")).ToArray();
        Fault(name, "Must be an array.");
        return [];
    }

    public IEnumerable<ObjectReader> Objects(string name) => Items(name).Select(item => Open(item.Item, item.Path, Faults)).ToArray();

    /// <summary>An array of property names, each once.</summary>
    public ValueList<string> Properties(string name)
    {
        var found = new List<string>();
        foreach (var (item, path) in Items(name))
        {
            if (item.ValueKind != JsonValueKind.String || !Ids.IdRules.IsValid(item.GetString()))
                Faults.Add(path, "Must be the name of a property.");
            else if (found.Contains(item.GetString()!))
                Faults.Add(path, $"'{item.GetString()}' is there twice.");
            else
                found.Add(item.GetString()!);
        }

        return found.ToValueList();
    }

    /// <summary>Notes every member that nobody asked for.</summary>
    public void Close()
    {
        foreach (var name in _members.Keys)
        {
            if (!_asked.Contains(name))
                Fault(name, "Is not known here.");
        }
    }
}
