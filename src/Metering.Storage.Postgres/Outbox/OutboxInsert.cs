using Metering.Grid.Outbox;
using Metering.Storage.Postgres.Connections;
using Npgsql;
using NpgsqlTypes;

namespace Metering.Storage.Postgres.Outbox;

/// <summary>Puts rows into the outbox within a database transaction that the caller begins and ends.</summary>
internal static class OutboxInsert
{
    private const string Sql = """
        INSERT INTO outbox (id, kind, topic, event_id, partition, customer_id, owner_id, target, data, created_at, due_at, visible_at,
            attempts_max)
        SELECT id, kind, topic, event_id, partition, customer_id, owner_id, target, data, created_at, due_at, due_at, attempts_max
        FROM unnest($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12) AS message (id, kind, topic, event_id, partition, customer_id,
            owner_id, target, data, created_at, due_at, attempts_max)
        ORDER BY id
        ON CONFLICT (id) DO NOTHING
        """;

    /// <summary>Each unless there is a row of its id.</summary>
    /// <returns>How many were put in.</returns>
    public static async Task<int> RunAsync(
        NpgsqlConnection connection, IReadOnlyList<OutboxMessage> messages, CancellationToken cancellation)
    {
        if (messages.Count == 0)
            return 0;
        await using var command = new NpgsqlCommand(Sql, connection);
        command.Parameters
            .Array(Column(messages, message => message.Id), NpgsqlDbType.Text)
            .Array(Column(messages, message => message.Kind), NpgsqlDbType.Text)
            .Array(Column(messages, message => message.Topic), NpgsqlDbType.Text)
            .Array(Column(messages, message => message.EventId), NpgsqlDbType.Text)
            .Array(Column(messages, message => message.Partition), NpgsqlDbType.Integer)
            .Array(Column(messages, message => message.CustomerId), NpgsqlDbType.Text)
            .Array(Column(messages, message => message.OwnerId), NpgsqlDbType.Text)
            .Array(Column(messages, message => message.Target), NpgsqlDbType.Text)
            .Array(Column(messages, message => message.Data), NpgsqlDbType.Text)
            .Array(Column(messages, message => message.CreatedAt.ToPostgres()), NpgsqlDbType.TimestampTz)
            .Array(Column(messages, message => message.DueAt.ToPostgres()), NpgsqlDbType.TimestampTz)
            .Array(Column(messages, message => message.AttemptsMax), NpgsqlDbType.Integer);
        return await command.ExecuteNonQueryAsync(cancellation);
    }

    private static T[] Column<T>(IReadOnlyList<OutboxMessage> messages, Func<OutboxMessage, T> column) => [.. messages.Select(column)];
}
