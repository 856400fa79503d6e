using Metering.Grid.Outbox;
using Metering.Storage.Postgres.Connections;
using Npgsql;

namespace Metering.Storage.Postgres.Outbox;

/// <summary>The columns of a row as every query names them, and how they are read.</summary>
internal static class OutboxColumns
{
    public const string Message = """
        outbox.id, outbox.kind, outbox.topic, outbox.event_id, outbox.partition, outbox.customer_id, outbox.owner_id, outbox.target,
        outbox.data, outbox.created_at, outbox.due_at, outbox.attempts_max
        """;

    public const string Row = Message + ", outbox.status, outbox.attempts, outbox.visible_at, outbox.closed_at, outbox.last_error";

    private const int MessageColumns = 12;

    public static OutboxMessage ReadMessage(NpgsqlDataReader row) => new(
        row.GetString(0), row.GetString(1), row.GetInt32(4), row.GetString(5), row.GetString(8), row.TimeAt(9))
    {
        Topic = row.GetString(2),
        EventId = row.GetString(3),
        OwnerId = row.TextOrNull(6),
        Target = row.GetString(7),
        DueAt = row.TimeAt(10),
        AttemptsMax = row.IsDBNull(11) ? null : row.GetInt32(11),
    };

    public static OutboxClaim ReadClaim(NpgsqlDataReader row) => new(
        ReadMessage(row), row.GetInt32(MessageColumns), row.TimeAt(MessageColumns + 1))
    {
        AttemptsBefore = row.GetInt32(MessageColumns + 2),
    };

    public static OutboxRow ReadRow(NpgsqlDataReader row)
    {
        var status = (OutboxStatus)row.GetInt16(MessageColumns);
        return new OutboxRow(
            ReadMessage(row), status, row.GetInt32(MessageColumns + 1),
            status == OutboxStatus.Pending ? row.TimeAt(MessageColumns + 2) : null,
            row.IsDBNull(MessageColumns + 3) ? null : row.TimeAt(MessageColumns + 3), row.TextOrNull(MessageColumns + 4));
    }

    public static Core.Time.Instant TimeAt(this NpgsqlDataReader row, int column) =>
        PostgresTime.FromPostgres(row.GetFieldValue<long>(column));
}
