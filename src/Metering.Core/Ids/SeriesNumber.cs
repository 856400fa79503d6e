using System.Globalization;

namespace Metering.Core.Ids;

/// <summary>The text of numbers that a partition gives out without a gap: P, the partition, -, a letter or none, the count.</summary>
internal static class SeriesNumber
{
    public static string ToText(int partition, string letter, long sequence) =>
        string.Create(CultureInfo.InvariantCulture, $"P{partition:00}-{letter}{sequence:000000}");

    /// <summary>Only what <see cref="ToText"/> writes is read.</summary>
    public static bool TryRead(string? text, string letter, out int partition, out long sequence)
    {
        sequence = 0;
        partition = 0;
        var dash = text?.IndexOf('-', StringComparison.Ordinal) ?? -1;
        return dash > 1
            && int.TryParse(text.AsSpan(1, dash - 1), NumberStyles.None, CultureInfo.InvariantCulture, out partition)
            && text.AsSpan(dash + 1).StartsWith(letter)
            && long.TryParse(text.AsSpan(dash + 1 + letter.Length), NumberStyles.None, CultureInfo.InvariantCulture, out sequence)
            && sequence > 0
            && ToText(partition, letter, sequence) == text;
    }

    public static void Check(int partition, long sequence)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(partition);
        ArgumentOutOfRangeException.ThrowIfLessThan(sequence, 1);
    }
}
