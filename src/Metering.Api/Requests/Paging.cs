using System.Globalization;
using System.Text;
using Metering.Api.Problems;
using Microsoft.AspNetCore.Http;

namespace Metering.Api.Requests;

/// <summary>Which page of a list: at most <see cref="Limit"/> rows, either behind a cursor or after <see cref="Offset"/> rows.</summary>
internal readonly record struct Paging(int Limit, int Offset, string? Cursor)
{
    public const int DefaultLimit = 100;
    public const int MaxLimit = 1_000;

    /// <summary>The most rows that a page may begin after.</summary>
    public const int OffsetMax = 100_000;

    private const int MaxPage = OffsetMax + 1;
    private const int MaxCursorLength = 1_024;

    /// <summary>Reads <c>limit</c>, <c>page</c> (counted from 1) and <c>cursor</c>, and notes what is wrong.</summary>
    public static Paging Read(string? limit, string? page, string? cursor, List<FieldError> faults)
    {
        var size = Whole("limit", limit, DefaultLimit, MaxLimit, faults);
        var number = Whole("page", page, 1, MaxPage, faults);
        if (cursor is { Length: 0 or > MaxCursorLength })
            faults.Add(new FieldError(null, "cursor", "Is not a cursor that a list gave."));
        if (cursor is not null && page is not null)
            faults.Add(new FieldError(null, "page", "Goes with no cursor."));
        var offset = (number - 1L) * size;
        if (offset > OffsetMax)
        {
            faults.Add(new FieldError(null, "page", $"Begins after more than {OffsetMax} rows: go on with the cursor."));
            offset = 0;
        }

        return new Paging(size, (int)offset, cursor);
    }

    /// <summary>The cursor that stands for an offset, in lists that count rows.</summary>
    public static string CursorOf(long offset) =>
        Convert.ToBase64String(Encoding.ASCII.GetBytes(offset.ToString(CultureInfo.InvariantCulture))).TrimEnd('=');

    /// <summary>The offset that the cursor or the page stands for; a fault where the cursor is none.</summary>
    public int ReadOffset(List<FieldError> faults)
    {
        if (Cursor is null)
            return Offset;
        Span<byte> bytes = stackalloc byte[16];
        var padded = Cursor.PadRight((Cursor.Length + 3) / 4 * 4, '=');
        if (padded.Length <= 20 && Convert.TryFromBase64String(padded, bytes, out var length)
            && int.TryParse(bytes[..length], NumberStyles.None, CultureInfo.InvariantCulture, out var offset))
            return offset;
        faults.Add(new FieldError(null, "cursor", "Is not a cursor that this list gave."));
        return 0;
    }

    /// <summary>The page of a list that is at hand as a whole and in its order, or the refusal of what is wrong with the query.</summary>
    public static IResult Cut<T, TAnswer>(IEnumerable<T> all, Func<T, TAnswer> answer, string? limit, string? cursor)
    {
        List<FieldError> faults = [];
        Paging paging = Read(limit, null, cursor, faults);
        int offset = paging.ReadOffset(faults);
        if (faults.Count > 0)
            return Refusals.InvalidRequest(faults);
        TAnswer[] rows = [.. all.Skip(offset).Take(paging.Limit + 1).Select(answer)];
        return TypedResults.Ok(rows.Length > paging.Limit
            ? new Page<TAnswer>(rows[..paging.Limit], CursorOf(offset + paging.Limit))
            : new Page<TAnswer>(rows, null));
    }

    /// <summary>A whole number of a query, or its default.</summary>
    public static int Whole(string field, string? text, int fallback, int max, List<FieldError> faults)
    {
        if (text is null)
            return fallback;
        if (int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var value) && value >= 1 && value <= max)
            return value;
        faults.Add(new FieldError(null, field, $"Must be a whole number from 1 to {max}."));
        return fallback;
    }
}

/// <summary>A page of a list.</summary>
/// <param name="Data">The rows.</param>
/// <param name="NextCursor">The <c>cursor</c> of the next page; null at the end.</param>
public sealed record Page<T>(IReadOnlyList<T> Data, string? NextCursor);
