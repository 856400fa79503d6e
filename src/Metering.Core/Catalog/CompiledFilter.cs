using System.Text;
using Metering.Core.Money;

namespace Metering.Core.Catalog;

/// <summary>A <see cref="MeterFilter"/> made ready to judge the UTF-8 values of events without allocation.</summary>
public sealed class CompiledFilter
{
    private readonly byte[][] _values;
    private readonly bool _passesWhenFound;
    private readonly bool _isRange;
    private readonly Amount _min;
    private readonly Amount _max;

    public CompiledFilter(MeterFilter filter)
    {
        Property = filter.Property;
        _isRange = filter.Min is not null || filter.Max is not null;
        _min = filter.Min ?? Amount.MinValue;
        _max = filter.Max ?? Amount.MaxValue;
        _passesWhenFound = filter.AnyOf.Count > 0;
        _values = (_passesWhenFound ? filter.AnyOf : filter.NoneOf).Select(Encoding.UTF8.GetBytes).ToArray();
    }

    public string Property { get; }

    /// <summary>Whether an event that has no such property passes.</summary>
    public bool AcceptsMissing => !_isRange && !_passesWhenFound;

    /// <param name="value">The content of a string, its escapes resolved; or the token of a number, true or false.</param>
    public bool Accepts(ReadOnlySpan<byte> value)
    {
        if (_isRange)
            return AmountParse.JsonNumber(value, out var number) == ParseStatus.Ok && number >= _min && number <= _max;
        foreach (var candidate in _values)
        {
            if (value.SequenceEqual(candidate))
                return _passesWhenFound;
        }

        return !_passesWhenFound;
    }
}
