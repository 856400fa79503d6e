namespace Metering.Core.Money;

internal static class PowersOfTen
{
    private static readonly Int128[] Table = Build();

    /// <summary>10 to the power <paramref name="exponent"/>, for 0 to 38.</summary>
    public static Int128 Of(int exponent) => Table[exponent];

    private static Int128[] Build()
    {
        var table = new Int128[39];
        table[0] = 1;
        for (var i = 1; i < table.Length; i++)
            table[i] = table[i - 1] * 10;
        return table;
    }
}
