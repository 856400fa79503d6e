using System.Globalization;
using System.Text;
using Metering.Core.Money;
using Metering.Core.Time;
using Metering.Grid.Dedup;
using Metering.Grid.Directory;
using Metering.Grid.Ingest;

namespace Metering.Grid.Tests.Partitions;

/// <summary>An event as a test says it. Values are decimals, strings or booleans, by property.</summary>
internal sealed record Ev(string Type, string Subject, string Id)
{
    public string Source { get; init; } = "tests";

    public Instant? Time { get; init; }

    public IReadOnlyDictionary<string, object> Data { get; init; } = new Dictionary<string, object>();

    /// <summary>A property whose number does not fit.</summary>
    public string? TooLarge { get; init; }

    public static Ev Tokens(string subject, string id, int input, int output, string model = "gpt-4-turbo", string provider = "OPENAI") =>
        new("TOKEN_USAGE", subject, id)
        {
            Data = new Dictionary<string, object>
            {
                ["provider"] = provider, ["model"] = model, ["input_tokens"] = (decimal)input, ["output_tokens"] = (decimal)output,
            },
        };

    public static Ev Quantity(string type, string subject, string id, decimal quantity) =>
        new(type, subject, id) { Data = new Dictionary<string, object> { ["quantity"] = quantity } };

    /// <summary>The batch that a reader of requests would make of these events.</summary>
    public static EventBatch Batch(
        IReadOnlyList<Ev> events, CatalogSnapshot catalog, EventIdentity identity, Func<string, ProjectEntry> projects)
    {
        EventBatch batch = EventBatch.Rent(64, events.Count);
        foreach (Ev each in events)
            each.AddTo(batch, catalog, identity, projects);
        return batch;
    }

    private void AddTo(EventBatch batch, CatalogSnapshot catalog, EventIdentity identity, Func<string, ProjectEntry> projects)
    {
        byte[] id = Encoding.UTF8.GetBytes(Id);
        byte[] source = Encoding.UTF8.GetBytes(Source);
        ProjectEntry project = projects(Subject);
        EventShape? shape = catalog.FindShape(Encoding.UTF8.GetBytes(Type));
        ref ParsedEvent item = ref batch[batch.AddEvent()];
        item.Id = batch.Append(id);
        item.Source = batch.Append(source);
        item.Type = batch.Append(Encoding.UTF8.GetBytes(Type));
        item.Subject = batch.Append(Encoding.UTF8.GetBytes(Subject));
        item.Time = Time ?? default;
        item.HasTime = Time is not null;
        item.Digest = DigestOf();
        item.Project = project;
        item.Identity = identity.Of(project.Customer.IdUtf8, source, id);
        item.Shape = shape;
        if (shape is null)
            return;
        item.FirstValue = batch.AddValues(shape.Properties.Length);
        for (int i = 0; i < shape.Properties.Length; i++)
        {
            PropertyValue value = ValueOf(batch, shape.Properties[i]);
            batch.Values(item)[i] = value;
        }
    }

    private PropertyValue ValueOf(EventBatch batch, ShapeProperty property)
    {
        if (!Data.TryGetValue(property.Name, out object? found))
            return default;
        string text = found switch
        {
            decimal number => number.ToString(CultureInfo.InvariantCulture),
            bool truth => truth ? "true" : "false",
            _ => (string)found,
        };
        return new PropertyValue
        {
            Kind = found switch
            {
                decimal => PropertyKind.Number,
                bool truth => truth ? PropertyKind.True : PropertyKind.False,
                _ => PropertyKind.Text,
            },
            Text = batch.Append(Encoding.UTF8.GetBytes(text)),
            OutOfRange = property.Name == TooLarge,
            Number = found is decimal value ? Amount.FromDecimal(value) : property.IsValue ? Amount.Parse(text) : Amount.Zero,
        };
    }

    private ulong DigestOf()
    {
        ulong digest = 14695981039346656037UL;
        foreach (char symbol in Type + Time + string.Join('|', Data.OrderBy(pair => pair.Key).Select(pair => $"{pair.Key}={pair.Value}")))
            digest = (digest ^ symbol) * 1099511628211UL;
        return digest;
    }
}
