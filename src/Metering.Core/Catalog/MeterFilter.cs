using Metering.Core.Money;

namespace Metering.Core.Catalog;

/// <summary>
/// A condition on one property of the event's data. Exactly one of three kinds: the value is one of <see cref="AnyOf"/>; it is none of
/// <see cref="NoneOf"/> (an event without the property passes); it is a number from <see cref="Min"/> to <see cref="Max"/>, both
/// inclusive, either may be null. Values compare as text: the content of a string, or the token of a number, <c>true</c> or <c>false</c>.
/// </summary>
public sealed record MeterFilter
{
    public required string Property { get; init; }

    public ValueList<string> AnyOf { get; init; } = [];

    public ValueList<string> NoneOf { get; init; } = [];

    public Amount? Min { get; init; }

    public Amount? Max { get; init; }
}
