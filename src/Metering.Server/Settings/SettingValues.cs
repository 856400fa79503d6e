using System.Globalization;

namespace Metering.Server.Settings;

/// <summary>
/// The texts of settings by name and where each came from, and the faults found while reading them. A name that a source has and nobody
/// asks for is a fault where <see cref="Add"/> says so.
/// </summary>
internal sealed class SettingValues
{
    private readonly Dictionary<string, (string Text, string Origin)> texts = new(StringComparer.OrdinalIgnoreCase);
    private readonly Dictionary<string, string> unasked = new(StringComparer.OrdinalIgnoreCase);

    public List<string> Faults { get; } = [];

    /// <param name="name">The setting's name.</param>
    /// <param name="text">Its value; replaces what an earlier source said.</param>
    /// <param name="origin">Named in faults.</param>
    /// <param name="strict">Whether a name that nothing reads is a fault.</param>
    public void Add(string name, string text, string origin, bool strict)
    {
        texts[name] = (text, origin);
        if (strict)
            unasked[name] = origin;
    }

    public void Fault(string name, string message)
    {
        string origin = texts.TryGetValue(name, out var found) ? found.Origin : "default";
        Faults.Add($"{name} ({origin}): {message}");
    }

    /// <summary>What nothing has read yet is no fault: for a command that needs a part of another program's settings.</summary>
    public void AskedAll() => unasked.Clear();

    public void FaultUnasked()
    {
        foreach ((string name, string origin) in unasked)
            Faults.Add($"{name} ({origin}): no such setting");
    }

    public string? Text(string name)
    {
        unasked.Remove(name);
        return texts.TryGetValue(name, out var found) && found.Text.Length > 0 ? found.Text : null;
    }

    public int Number(string name, int otherwise, int least, int most)
    {
        if (Text(name) is not { } text)
            return otherwise;
        if (int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int number) && number >= least
            && number <= most)
            return number;
        Fault(name, $"must be a whole number from {least} to {most}, not '{text}'");
        return otherwise;
    }

    public bool Flag(string name, bool otherwise)
    {
        switch (Text(name)?.ToLowerInvariant())
        {
            case null:
                return otherwise;
            case "true" or "yes" or "on" or "1":
                return true;
            case "false" or "no" or "off" or "0":
                return false;
            case { } text:
                Fault(name, $"must be true or false, not '{text}'");
                return otherwise;
        }
    }

    /// <summary>A list: members of a JSON array, or one text with spaces or new lines between.</summary>
    public IReadOnlyList<string> List(string name) =>
        Text(name)?.Split(['\n', ' '], StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries) ?? [];

    /// <summary>Lines of text: members of a JSON array, or one text with new lines between.</summary>
    public IReadOnlyList<string> Lines(string name) =>
        Text(name)?.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries) ?? [];
}
