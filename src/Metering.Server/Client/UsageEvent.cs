using System.Globalization;
using Metering.Core.Time;

namespace Metering.Server.Client;

/// <summary>A member of an event's data: a text, or a number as JSON writes it.</summary>
internal readonly record struct EventProperty(string Name, string Value, bool IsNumber)
{
    public static EventProperty Text(string name, string value) => new(name, value, false);

    public static EventProperty Number(string name, long value) => new(name, value.ToString(CultureInfo.InvariantCulture), true);
}

/// <summary>An event as a client sends it.</summary>
internal sealed record UsageEvent(string Id, string Source, string Type, string Subject, Instant Time, EventProperty[] Data);
