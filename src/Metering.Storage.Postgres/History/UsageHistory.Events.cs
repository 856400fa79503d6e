using Metering.Core.Time;
using Metering.Grid.History;
using Metering.Storage.Postgres.Connections;
using Metering.Storage.Postgres.Projections;
using Npgsql;

namespace Metering.Storage.Postgres.History;

public sealed partial class UsageHistory
{
    /// <inheritdoc />
    /// <remarks>
    /// Looks at the newest day first and then at spans that double, until the page is full: recent pages touch a day or two, whatever is
    /// kept, and a project with little usage is found in few steps.
    /// </remarks>
    public async ValueTask<HistoryPage<UsageEventRow>> ReadEventsAsync(EventQuery query, CancellationToken cancellation)
    {
        Check(query.Limit, query.Offset);
        var place = PageCursor.Read(query.Cursor, 3);
        if (place is [var micros, ..]
            && (micros < Instant.MinValue.UnixMicroseconds || micros >= Instant.MaxValue.UnixMicroseconds))
            throw new FormatException("The cursor is not valid.");
        await using var connection = await shardOf(query.Partition).Queries.OpenConnectionAsync(cancellation);
        var from = query.Start ?? Instant.MinValue;
        var to = query.End ?? Instant.MaxValue;
        // The cursor's own instant may hold further rows.
        if (place is not null)
            to = Instant.Min(to, Instant.FromUnixMicroseconds(place[0]) + TimeSpan.FromMicroseconds(1));
        var days = (await EventDays.ListAsync(connection, cancellation))
            .Where(day => day < to && day + TimeSpan.FromDays(1) > from).OrderDescending().ToList();

        var rows = new List<UsageEventRow>();
        var skip = query.Offset;
        for (int first = 0, span = 1; first < days.Count && rows.Count <= query.Limit; first += span, span *= 2)
        {
            var oldest = days[Math.Min(first + span, days.Count) - 1];
            var window = (Start: Max(from, oldest), End: Instant.Min(to, days[first] + TimeSpan.FromDays(1)));
            var found = await ReadWindowAsync(connection, query, place, window, query.Limit + 1 - rows.Count, skip, cancellation);
            rows.AddRange(found);
            // An empty answer past an offset does not say how many rows were skipped.
            if (skip > 0)
                skip = found.Count > 0 ? 0 : skip - await CountWindowAsync(connection, query, place, window, skip, cancellation);
        }

        return Page(rows, query.Limit, row => PageCursor.Write(row.Time.UnixMicroseconds, row.Sequence, row.Ordinal));
    }

    private static async Task<List<UsageEventRow>> ReadWindowAsync(
        NpgsqlConnection connection, EventQuery query, long[]? place, (Instant Start, Instant End) window, int limit, int skip,
        CancellationToken cancellation)
    {
        await using var command = new NpgsqlCommand($"""
            SELECT project_id, customer_id, source, id, type, time, at, data, credits, plan, plan_version, seq, ordinal
            FROM usage_event WHERE {Conditions(query, place)}
            ORDER BY time DESC, seq DESC, ordinal DESC LIMIT {limit} OFFSET {skip}
            """, connection);
        Fill(command.Parameters, query, place, window);
        return await command.ListAsync(
            row => new UsageEventRow(
                row.GetString(0), row.GetString(1), row.GetString(2), row.GetString(3), row.GetString(4), At(row, 5), At(row, 6),
                row.GetString(7), Number(row, 8), row.GetString(9), row.GetInt32(10), row.GetInt64(11), row.GetInt32(12)),
            cancellation);
    }

    private static async Task<int> CountWindowAsync(
        NpgsqlConnection connection, EventQuery query, long[]? place, (Instant Start, Instant End) window, int most,
        CancellationToken cancellation)
    {
        await using var command = new NpgsqlCommand(
            $"SELECT count(*) FROM (SELECT FROM usage_event WHERE {Conditions(query, place)} LIMIT {most}) AS counted", connection);
        Fill(command.Parameters, query, place, window);
        return (int)(long)(await command.ExecuteScalarAsync(cancellation))!;
    }

    private static string Conditions(EventQuery query, long[]? place) =>
        "project_id = $1 AND time >= $2 AND time < $3"
        + (query.Type is null ? "" : " AND type = $4")
        + (place is null ? "" : " AND (time, seq, ordinal) < ($5, $6, $7)");

    private static void Fill(NpgsqlParameterCollection parameters, EventQuery query, long[]? place, (Instant Start, Instant End) window)
    {
        parameters.Text(query.ProjectId).Time(window.Start).Time(window.End).Text(query.Type);
        if (place is not null)
            parameters.Time(Instant.FromUnixMicroseconds(place[0])).Long(place[1]).Long(place[2]);
    }

    private static Instant Max(Instant left, Instant right) => left > right ? left : right;
}
