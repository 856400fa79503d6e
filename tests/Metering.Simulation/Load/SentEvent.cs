using System.Text;
using Metering.Core.Money;
using Metering.Core.Time;
using Metering.Grid.Ingest;

namespace Metering.Simulation.Load;

/// <summary>An event as a client sends it.</summary>
internal sealed record SentEvent(string Customer, string Project, string Source, string Id, string Type, Amount Quantity, string Model,
    Instant? Time)
{
    /// <summary>What identifies it.</summary>
    public (string Customer, string Source, string Id) Identity => (Customer, Source, Id);

    /// <summary>Digest of what it says.</summary>
    public ulong Digest => Fold(Project, Type, Quantity.ToString(), Model, Time?.ToString() ?? "");

    public override string ToString() => $"{Source}/{Id} {Type} {Quantity} {Model} for {Project}{(Time is { } time ? $" at {time}" : "")}";

    /// <summary>Makes a resolved batch, as the API's parser does.</summary>
    public static EventBatch Batch(IReadOnlyList<SentEvent> events, SimDirectory directory)
    {
        EventBatch batch = EventBatch.Rent(256, events.Count);
        foreach (SentEvent sent in events)
        {
            TextSlice number = Append(batch, sent.Quantity.ToString());
            TextSlice model = Append(batch, sent.Model);
            EventShape? shape = directory.Catalog.FindShape(Encoding.UTF8.GetBytes(sent.Type));
            var item = new ParsedEvent
            {
                Id = Append(batch, sent.Id), Source = Append(batch, sent.Source), Type = Append(batch, sent.Type),
                Subject = Append(batch, sent.Project), HasTime = sent.Time is not null, Time = sent.Time ?? default, Digest = sent.Digest,
                Shape = shape, FirstValue = shape is null ? 0 : batch.AddValues(shape.Properties.Length),
            };
            batch[batch.AddEvent()] = item;
            for (int i = 0; i < (shape?.Properties.Length ?? 0); i++)
            {
                batch.Values(item)[i] = shape!.Properties[i].Name == "n"
                    ? new PropertyValue { Kind = PropertyKind.Number, Number = sent.Quantity, Text = number }
                    : new PropertyValue { Kind = PropertyKind.Text, Text = model };
            }
        }

        directory.Resolve(batch);
        return batch;
    }

    private static TextSlice Append(EventBatch batch, string text) => batch.Append(Encoding.UTF8.GetBytes(text));

    private static ulong Fold(params string[] parts)
    {
        ulong hash = 14695981039346656037UL;
        foreach (char letter in string.Join('\n', parts))
            hash = (hash ^ letter) * 1099511628211UL;
        return hash;
    }
}
