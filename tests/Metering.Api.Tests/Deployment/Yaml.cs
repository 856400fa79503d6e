using Metering.TestSupport;
using YamlDotNet.Core;
using YamlDotNet.Serialization;

namespace Metering.Api.Tests.Deployment;

/// <summary>A YAML file of the checkout: maps, lists and texts, with merge keys carried out.</summary>
internal sealed class Yaml(object? value)
{
    public static Yaml Load(string path)
    {
        using var text = new StringReader(Files.Read(path));
        object? read = new DeserializerBuilder().Build().Deserialize(new MergingParser(new Parser(text)));
        return new Yaml(read);
    }

    /// <summary>The member of a map; empty where there is none.</summary>
    public Yaml this[string name] =>
        new(value is Dictionary<object, object> map && map.TryGetValue(name, out object? found) ? found : null);

    public bool IsNothing => value is null;

    public string Text => value as string ?? throw new InvalidOperationException($"Not a text: {value}");

    public IReadOnlyList<string> Names => value is Dictionary<object, object> map ? [.. map.Keys.Cast<string>()] : [];

    public IReadOnlyList<Yaml> Items => value is List<object> list ? [.. list.Select(item => new Yaml(item))] : [];

    /// <summary>The texts of a list.</summary>
    public IReadOnlyList<string> Texts => [.. Items.Select(item => item.Text)];

    /// <summary>Every text anywhere in it.</summary>
    public IEnumerable<string> AllTexts() => value switch
    {
        string text => [text],
        List<object> => Items.SelectMany(item => item.AllTexts()),
        Dictionary<object, object> => Names.SelectMany(name => this[name].AllTexts()),
        _ => [],
    };
}

/// <summary>Files of the checkout.</summary>
internal static class Files
{
    public static string Full(string path) => Path.Combine(Repository.Root, path);

    public static string Read(string path) => File.ReadAllText(Full(path));

    public static bool Exist(string path) => File.Exists(Full(path)) || Directory.Exists(Full(path));
}
