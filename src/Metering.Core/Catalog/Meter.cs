using Metering.Core.Ids;

namespace Metering.Core.Catalog;

/// <summary>Turns events of one type into a quantity, kept apart by dimensions.</summary>
public sealed record Meter
{
    public required MeterId Id { get; init; }

    /// <summary>The type of the events it reads; several meters may read one type.</summary>
    public required string EventType { get; init; }

    public required Aggregation Aggregation { get; init; }

    /// <summary>The property of the event's data that holds the value; null for a count and only then.</summary>
    public string? Value { get; init; }

    /// <summary>Properties by whose values the quantity is kept apart, in this order.</summary>
    public ValueList<string> Dimensions { get; init; } = [];

    /// <summary>Conditions that must all hold; an event for which one does not is not counted by this meter.</summary>
    public ValueList<MeterFilter> Filter { get; init; } = [];

    /// <summary>Further properties that the journal and the raw events keep.</summary>
    public ValueList<string> Keep { get; init; } = [];

    /// <summary>What the quantity counts, for invoices and alerts, such as <c>minutes</c>; empty when nothing was given.</summary>
    public string Unit { get; init; } = "";
}
