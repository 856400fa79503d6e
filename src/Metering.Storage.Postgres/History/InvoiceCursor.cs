using System.Buffers.Text;
using System.Globalization;
using System.Text;

namespace Metering.Storage.Postgres.History;

/// <summary>The place after which the next page of invoices begins: the first day and id of the last one. Opaque to clients.</summary>
internal static class InvoiceCursor
{
    private const string Day = "yyyyMMdd";

    public static string Write(DateOnly firstDay, string id) =>
        Base64Url.EncodeToString(Encoding.UTF8.GetBytes(firstDay.ToString(Day, CultureInfo.InvariantCulture) + id));

    /// <exception cref="FormatException">It is none that this query has answered.</exception>
    public static (DateOnly FirstDay, string Id)? Read(string? cursor)
    {
        if (cursor is null)
            return null;
        if (cursor.Length > 512 || !Base64Url.IsValid(cursor))
            throw new FormatException("The cursor is not valid.");
        var text = Encoding.UTF8.GetString(Base64Url.DecodeFromChars(cursor));
        return text.Length > Day.Length
            && DateOnly.TryParseExact(text.AsSpan(0, Day.Length), Day, CultureInfo.InvariantCulture, DateTimeStyles.None, out var day)
                ? (day, text[Day.Length..])
                : throw new FormatException("The cursor is not valid.");
    }
}
