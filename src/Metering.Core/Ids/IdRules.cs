using System.Text;

namespace Metering.Core.Ids;

/// <summary>What every id keeps to: 1 to 256 bytes of valid UTF-8 without control characters. Compared byte for byte.</summary>
public static class IdRules
{
    public const int MaxBytes = 256;

    /// <summary>In words, for messages.</summary>
    public const string Description = "1 to 256 bytes of UTF-8 without control characters";

    public static bool IsValid(ReadOnlySpan<char> value)
    {
        if (value.IsEmpty || value.Length > MaxBytes)
            return false;
        var bytes = 0;
        foreach (var rune in value.EnumerateRunes())
        {
            // An unpaired surrogate is enumerated as U+FFFD; a real U+FFFD stands for text that somebody lost before.
            if (rune == Rune.ReplacementChar || Rune.IsControl(rune))
                return false;
            bytes += rune.Utf8SequenceLength;
        }

        return bytes <= MaxBytes;
    }

    public static bool IsValid(ReadOnlySpan<byte> utf8)
    {
        if (utf8.IsEmpty || utf8.Length > MaxBytes)
            return false;
        while (!utf8.IsEmpty)
        {
            // Nearly all ids are plain ASCII.
            if (utf8[0] is >= 0x20 and < 0x7F)
            {
                utf8 = utf8[1..];
                continue;
            }

            if (Rune.DecodeFromUtf8(utf8, out var rune, out var length) != System.Buffers.OperationStatus.Done
                || rune == Rune.ReplacementChar || Rune.IsControl(rune))
                return false;
            utf8 = utf8[length..];
        }

        return true;
    }
}
