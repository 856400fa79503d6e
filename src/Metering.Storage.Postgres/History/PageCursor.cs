using System.Buffers.Text;
using System.Globalization;
using System.Text;

namespace Metering.Storage.Postgres.History;

/// <summary>
/// The place after which the next page begins, as the numbers of its sort order. Opaque to clients: the form may change, and an old one is
/// then refused.
/// </summary>
internal static class PageCursor
{
    public static string Write(params ReadOnlySpan<long> place)
    {
        var text = new StringBuilder();
        foreach (var number in place)
            text.Append(text.Length == 0 ? "" : ".").Append(number.ToString(CultureInfo.InvariantCulture));
        return Base64Url.EncodeToString(Encoding.ASCII.GetBytes(text.ToString()));
    }

    /// <summary>The numbers of a cursor, or null for none.</summary>
    /// <exception cref="FormatException">It is none that this query has answered.</exception>
    public static long[]? Read(string? cursor, int numbers)
    {
        if (cursor is null)
            return null;
        if (cursor.Length > 128 || !Base64Url.IsValid(cursor))
            throw new FormatException("The cursor is not valid.");
        var parts = Encoding.ASCII.GetString(Base64Url.DecodeFromChars(cursor)).Split('.');
        var place = new long[numbers];
        if (parts.Length != numbers)
            throw new FormatException("The cursor is not valid.");
        for (var i = 0; i < numbers; i++)
        {
            if (!long.TryParse(parts[i], NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out place[i]))
                throw new FormatException("The cursor is not valid.");
        }

        return place;
    }
}
