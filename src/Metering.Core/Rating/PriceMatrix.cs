using System.Text;
using Metering.Core.Catalog;
using Metering.Core.Money;

namespace Metering.Core.Rating;

/// <summary>
/// The cells of a matrix charge. Cells that name every dimension are found through a hash of the values, so a table of a thousand models
/// costs as little as one of ten; the few that leave a dimension open are tried one after the other, most specific first.
/// </summary>
internal sealed class PriceMatrix
{
    private readonly int _dimensions;
    private readonly Cell[] _exact;
    private readonly int[] _buckets;
    private readonly int[] _next;
    private readonly Cell[] _open;
    private readonly Amount? _otherwise;

    public PriceMatrix(Charge charge, Amount per)
    {
        _dimensions = charge.Dimensions.Count;
        _otherwise = charge.Otherwise is { } price ? PerFolding.Price(price, charge.Per, per) : null;
        var cells = charge.Cells.Select((cell, place) => new Cell(charge, cell, place, per)).ToArray();
        CellCount = cells.Length;
        _exact = cells.Where(cell => cell.Named == _dimensions).ToArray();

        // A stable sort: of equally specific cells the first in the plan stays the first.
        _open = cells.Where(cell => cell.Named < _dimensions).OrderByDescending(cell => cell.Named).ToArray();

        _buckets = new int[(int)System.Numerics.BitOperations.RoundUpToPowerOf2((uint)Math.Max(2 * _exact.Length, 1))];
        _next = new int[_exact.Length];
        Array.Fill(_buckets, -1);
        for (var i = _exact.Length - 1; i >= 0; i--)
        {
            ref var bucket = ref _buckets[Bucket(_exact[i].Hash())];
            _next[i] = bucket;
            bucket = i;
        }
    }

    public int CellCount { get; }

    public bool TryFind(DimensionValues values, out Amount unitPrice) => TryFind(values, out unitPrice, out _);

    /// <param name="values">One for each dimension.</param>
    /// <param name="unitPrice">The price, where there is one.</param>
    /// <param name="cell">The cell's place in the plan; their number for what is charged otherwise.</param>
    public bool TryFind(DimensionValues values, out Amount unitPrice, out int cell)
    {
        if (values.Count != _dimensions)
            throw new ArgumentException($"The charge has {_dimensions} dimensions, and {values.Count} values came.", nameof(values));

        if (TryHash(values, out var hash))
        {
            for (var i = _buckets[Bucket(hash)]; i >= 0; i = _next[i])
            {
                if (_exact[i].Matches(values))
                {
                    unitPrice = _exact[i].UnitPrice;
                    cell = _exact[i].Place;
                    return true;
                }
            }
        }

        foreach (var open in _open)
        {
            if (open.Matches(values))
            {
                unitPrice = open.UnitPrice;
                cell = open.Place;
                return true;
            }
        }

        cell = CellCount;
        unitPrice = _otherwise.GetValueOrDefault();
        return _otherwise is not null;
    }

    private int Bucket(uint hash) => (int)((hash ^ (hash >> 16)) & (uint)(_buckets.Length - 1));

    private static bool TryHash(DimensionValues values, out uint hash)
    {
        hash = Fnv.Start;
        for (var i = 0; i < values.Count; i++)
        {
            if (values.IsMissing(i))
                return false;
            hash = Fnv.Add(hash, values[i]);
        }

        return true;
    }

    private sealed class Cell
    {
        // In the order of the charge's dimensions; null where the cell matches every value.
        private readonly byte[]?[] _values;

        public Cell(Charge charge, MatrixCell cell, int place, Amount per)
        {
            Place = place;
            UnitPrice = PerFolding.Price(cell.UnitPrice, charge.Per, per);
            _values = charge.Dimensions
                .Select(dimension => cell.Match.FirstOrDefault(match => match.Dimension == dimension) is { } match
                    ? Encoding.UTF8.GetBytes(match.Value)
                    : null)
                .ToArray();
            Named = _values.Count(value => value is not null);
        }

        public int Place { get; }

        public Amount UnitPrice { get; }

        public int Named { get; }

        public uint Hash() => _values.Aggregate(Fnv.Start, static (hash, value) => Fnv.Add(hash, value));

        public bool Matches(DimensionValues values)
        {
            for (var i = 0; i < _values.Length; i++)
            {
                if (_values[i] is { } wanted && (values.IsMissing(i) || !values[i].SequenceEqual(wanted)))
                    return false;
            }

            return true;
        }
    }

    /// <summary>
    /// FNV-1a, 32 bits (http://www.isthe.com/chongo/tech/comp/fnv/). The tables are the operator's, so nobody can aim at a bucket.
    /// </summary>
    private static class Fnv
    {
        public const uint Start = 2166136261;

        public static uint Add(uint hash, ReadOnlySpan<byte> value)
        {
            foreach (var symbol in value)
                hash = (hash ^ symbol) * 16777619;

            // A byte that UTF-8 never has, so that ("ab", "c") and ("a", "bc") part.
            return (hash ^ 0xFF) * 16777619;
        }
    }
}
