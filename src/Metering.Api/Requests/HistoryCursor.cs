using Metering.Api.Problems;
using Metering.Grid.History;

namespace Metering.Api.Requests;

/// <summary>Reads pages of the projections. A cursor that no list gave is the caller's fault: the projections throw a
/// <see cref="FormatException"/> for it.</summary>
internal static class HistoryCursor
{
    public static Problem Refusal => Refusals.InvalidRequest([new FieldError(null, "cursor", "Is not a cursor that this list gave.")]);

    /// <summary>The page, or null where the cursor is none.</summary>
    public static async ValueTask<HistoryPage<T>?> ReadAsync<T>(Func<ValueTask<HistoryPage<T>>> read)
    {
        try
        {
            return await read();
        }
        catch (FormatException)
        {
            return null;
        }
    }
}
