using System.Buffers;
using Metering.Storage.Postgres.Connections;
using Npgsql;

namespace Metering.Storage.Postgres.Moves;

/// <summary>Rows from one database into another in PostgreSQL's binary form, passed through a buffer as they come.</summary>
internal static class TableCopy
{
    private const int BufferBytes = 64 * 1024;

    /// <summary>Copies the rows of a table that a condition picks into the table of the same name.</summary>
    /// <param name="from">Open on the source.</param>
    /// <param name="to">Open on the target, within a database transaction of the caller.</param>
    /// <param name="table">The table.</param>
    /// <param name="condition">SQL; takes no parameters.</param>
    /// <param name="cancellation">Ends the wait; the caller's database transaction is of no more use then.</param>
    /// <returns>Bytes copied.</returns>
    public static async Task<long> RunAsync(
        NpgsqlConnection from, NpgsqlConnection to, string table, string condition, CancellationToken cancellation)
    {
        // By name: columns that were added by migrations stand in any order.
        var columns = await ColumnsAsync(from, table, cancellation);
        await using var source = await from.BeginRawBinaryCopyAsync(
            $"COPY (SELECT {columns} FROM {table} WHERE {condition}) TO STDOUT (FORMAT binary)", cancellation);
        await using var target = await to.BeginRawBinaryCopyAsync($"COPY {table} ({columns}) FROM STDIN (FORMAT binary)", cancellation);
        var buffer = ArrayPool<byte>.Shared.Rent(BufferBytes);
        var bytes = 0L;
        try
        {
            for (int read; (read = await source.ReadAsync(buffer, cancellation)) > 0; bytes += read)
                await target.WriteAsync(buffer.AsMemory(0, read), cancellation);
        }
        catch
        {
            // Disposing would end the copy as if it were whole.
            await target.CancelAsync();
            throw;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }

        return bytes;
    }

    /// <summary>A list of numbers as SQL has it.</summary>
    public static string Numbers(IEnumerable<long> numbers) => $"ARRAY[{string.Join(',', numbers)}]::bigint[]";

    /// <summary>Any of some texts, as SQL has it: <c>standard_conforming_strings</c> is on, so a quote is all to double.</summary>
    public static string Texts(IEnumerable<string> texts) =>
        $"ANY (ARRAY[{string.Join(',', texts.Select(text => $"'{text.Replace("'", "''", StringComparison.Ordinal)}'"))}]::text[])";

    private static async Task<string> ColumnsAsync(NpgsqlConnection connection, string table, CancellationToken cancellation)
    {
        await using var command = new NpgsqlCommand("""
            SELECT string_agg(quote_ident(attname), ', ' ORDER BY attnum) FROM pg_attribute
            WHERE attrelid = $1::regclass AND attnum > 0 AND NOT attisdropped
            """, connection);
        command.Parameters.Text(table);
        return (string)(await command.ExecuteScalarAsync(cancellation))!;
    }
}
